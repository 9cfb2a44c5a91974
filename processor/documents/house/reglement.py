"""Internal rules for trainees (C. trav. L.6352-3 to L.6352-5, R.6352-1 to R.6352-15): a base that each organisation edits."""

from __future__ import annotations

from processor.documents.house.parts import bullet, document, heading, p, title


def build() -> bytes:
    return document(
        title("Règlement intérieur applicable aux stagiaires", "{{ organisme.nom }} – articles L.6352-3 à L.6352-5 et R.6352-1 à R.6352-15 du Code du travail")
        + heading("1. Objet et personnes concernées")
        + p("Ce règlement fixe les règles d’hygiène et de sécurité, de discipline et de représentation des stagiaires. Il s’applique à toute personne inscrite à une formation de l’organisme, sur place comme à distance, pendant toute sa durée.")
        + heading("2. Hygiène et sécurité")
        + p("Chacun veille à sa sécurité et à celle des autres et suit les consignes affichées dans les locaux, notamment en cas d’incendie. Lorsque la formation a lieu dans une entreprise ou un établissement qui a son propre règlement, ses mesures de santé et de sécurité s’appliquent.")
        + bullet("Il est interdit de fumer ou de vapoter dans les locaux, d’y introduire des boissons alcoolisées ou des drogues, et d’y venir sous leur emprise.")
        + bullet("Tout accident, même sans gravité, survenu pendant la formation ou sur le trajet est signalé aussitôt à l’organisme.")
        + heading("3. Discipline")
        + bullet("Les horaires de la convocation sont respectés ; un retard, une absence ou un départ anticipé est signalé et justifié. L’employeur ou le financeur en est informé.")
        + bullet("La présence est attestée par la signature de la feuille d’émargement, en personne, à chaque demi-journée, ou par le relevé de connexion.")
        + bullet("Chacun prend soin du matériel confié, ne s’en sert que pour la formation, et respecte les droits d’auteur des supports.")
        + bullet("Enregistrer ou filmer une séance demande l’accord de toutes les personnes présentes.")
        + bullet("Les propos et les comportements irrespectueux, discriminatoires ou de harcèlement sont interdits.")
        + heading("4. Sanctions et droits de la défense")
        + p("Est une sanction toute mesure, autre que les observations verbales, prise à la suite d’un agissement considéré comme fautif. Selon la gravité des faits : avertissement écrit, exclusion temporaire, exclusion définitive. Les amendes et autres sanctions pécuniaires sont interdites.")
        + p("Aucune sanction n’est prise sans que le stagiaire soit informé au préalable des griefs retenus contre lui. Lorsqu’une sanction peut avoir une incidence sur sa présence, il est convoqué à un entretien, par lettre recommandée ou remise contre décharge, qui en dit l’objet, la date, l’heure et le lieu ; il y donne ses explications et il peut être assisté par la personne de son choix, stagiaire ou salarié de l’organisme. La sanction intervient au plus tôt un jour franc et au plus tard quinze jours après l’entretien ; elle est écrite, motivée et notifiée par lettre recommandée ou remise contre décharge. L’employeur et le financeur sont informés.")
        + p("Si les faits imposent une mise à l’écart immédiate, elle est conservatoire : aucune sanction définitive ne la suit sans cette procédure.")
        + heading("5. Représentation des stagiaires")
        + p("Pour une formation de plus de cinq cents heures, un délégué titulaire et un délégué suppléant sont élus au scrutin uninominal à deux tours, pendant les heures de formation, entre la vingtième et la quarantième heure ; tous les stagiaires sont électeurs et éligibles. Ils présentent les réclamations et les suggestions des stagiaires.")
        + heading("6. Accessibilité, réclamations, publicité")
        + p("Référent handicap : {{ organisme.referent_handicap }}. Réclamations : {{ organisme.email }}{% if organisme.telephone %}, {{ organisme.telephone }}{% endif %}. Données personnelles : {{ organisme.donnees }}. Ce règlement est remis à chaque stagiaire avant son inscription définitive et joint à sa convocation.")
    )  # fmt: skip
