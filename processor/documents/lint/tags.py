"""Which values a template reads, and which of them do not exist."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping

from jinja2 import nodes

_LOOP = "loop"


def unknown(tree: nodes.Node, known: Collection[str]) -> Iterator[tuple[str, int]]:
    """Each value that is not in `known`: as written, with the one that may have been meant, and its line."""
    for tag, full, line in _used(tree, {}):
        if full is None or any(name == full or name.startswith((f"{full}.", f"{full}[]")) for name in known):
            continue
        near = difflib.get_close_matches(full, known, n=1, cutoff=0.75)
        yield f"« {tag} »{f', vouliez-vous dire « {near[0]} » ?' if near else ''}", line


def _used(node: nodes.Node, scope: Mapping[str, str | None]) -> Iterator[tuple[str, str | None, int]]:
    """Each value that a template reads: as written, as the table of tags calls it, line.

    `scope` gives what a loop variable stands for (`ligne` → `prix.lignes[]`); None where a name is the template's own.
    """
    if isinstance(node, nodes.For):
        yield from _used(node.iter, scope)
        names = {one.name for one in (node.target, *node.target.find_all(nodes.Name)) if isinstance(one, nodes.Name)}
        base = _full(node.iter, scope)
        inner = {**scope, _LOOP: None, **dict.fromkeys(names, f"{base}[]" if base else None)}
        for child in (*node.body, *([node.test] if node.test else [])):
            yield from _used(child, inner)
        for child in node.else_:
            yield from _used(child, scope)
        return
    if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem) and (written := _written(node)):
        yield written, _full(node, scope), node.lineno
        return
    own = dict.fromkeys(_assigned(node))
    for child in node.iter_child_nodes():
        if not (isinstance(node, nodes.Assign | nodes.AssignBlock) and child is node.target):
            yield from _used(child, {**scope, **own})


def _assigned(node: nodes.Node) -> Iterable[str]:
    """Names that `{% set %}` and `{% with %}` give below this node."""
    for one in node.find_all((nodes.Assign, nodes.AssignBlock, nodes.With)):
        targets = one.targets if isinstance(one, nodes.With) else list(one.iter_child_nodes(only=("target",)))
        yield from (target.name for target in targets if isinstance(target, nodes.Name))


def _written(node: nodes.Node) -> str:
    """`prix.total` for a name with its dots; empty if it is anything else."""
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr):
        base = _written(node.node)
        return f"{base}.{node.attr}" if base else ""
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        base = _written(node.node)
        return f"{base}.{node.arg.value}" if base and isinstance(node.arg.value, str) else f"{base}[]" if base else ""
    return ""


def _full(node: nodes.Node, scope: Mapping[str, str | None]) -> str | None:
    if isinstance(node, nodes.Filter) and node.node is not None:
        return _full(node.node, scope)  # `for x in liste|sort`
    root, dot, rest = _written(node).partition(".")
    name, bracket, _ = root.partition("[")
    base = scope.get(name, name)
    return f"{base}{'[]' if bracket else ''}{dot}{rest}" if base else None
