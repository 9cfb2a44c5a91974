"""`lint`: what is wrong with a template, Word's or a mail's, before a client sees it."""

from processor.documents.lint.finding import TemplateFinding
from processor.documents.lint.templates import lint, lint_all, own_templates

__all__ = ["TemplateFinding", "lint", "lint_all", "own_templates"]
