"""What the invoicing software must be told. Not an invoice: since the reform those leave by an approved platform."""

from __future__ import annotations

from processor.documents.house.clauses import BUSINESS
from processor.documents.house.parts import document, facts, heading, p, parties, price_table, table, title, when


def build() -> bytes:
    return document(
        title("Facture préparatoire", "N° {{ document.numero }} – document interne, sans valeur de facture")
        + p("À recopier dans le logiciel de facturation ou sur la plateforme agréée de l’organisme, qui émet et numérote la facture.", "Small")
        + parties()
        + heading("À facturer")
        + table(
            ("À qui", "Pourquoi", "Montant{% if avec_tva %} TTC{% endif %}"), (4138, 3800, 1700), "part in facturation",
            ("{{ part.destinataire }}", "{{ part.motif }}", "{{ part.montant }}"), right=(2,),
        )
        + heading("Ce que porte la facture")
        + facts(
            ("Prestation", "{{ nature_action }} : {{ intitule }}"),
            ("Nature de l’opération", "Prestation de services"),
            ("Date de la prestation", "{{ periode }}"),
            ("Durée et effectif", "{{ duree }}, {{ effectif }}"),
            ("Heures-stagiaires", "{{ suivi.heures_stagiaires }} réalisées, {{ suivi.heures_stagiaires_prevues }} prévues"),
            ("Adresse de facturation", "{{ facturation_adresse }}", "facturation_adresse"),
            ("E-mail de facturation", "{{ facturation_email }}", "facturation_email"),
            ("Financeur", "{{ financement.nom }}"),
            ("N° de la demande", "{{ suivi.numero_demande }}", "suivi.numero_demande and not est_fonds_propres"),
            ("Montant accordé", "{{ suivi.montant_accorde }}", "suivi.montant_accorde and not est_fonds_propres"),
            ("Bon de commande", "{{ bon_de_commande }}", "bon_de_commande"),
            ("Échéance", "{% if conditions_paiement %}{{ conditions_paiement }}{% else %}{{ delai_paiement }} jours à compter de la réception{% endif %} ; pas d’escompte ; pénalités de retard : {{ penalites }} ; indemnité forfaitaire de 40 € (Code de commerce, D.441-5)", BUSINESS),
            ("Échéance", "selon l’échéancier du contrat", "annexe_contrat and est_particulier"),
            ("IBAN", "{{ organisme.iban }}", "organisme.iban"),
        )
        + heading("Détail du prix")
        + price_table()
        + when("suivi.heures_stagiaires != suivi.heures_stagiaires_prevues", p("Des heures n’ont pas été suivies : vérifiez auprès du financeur et dans la convention ce qui peut être facturé. Une indemnité d’absence ou d’annulation n’est pas de la formation : elle se facture à part.", bold=True))
    )  # fmt: skip
