//! The columns of the sample's files and what each hub calls them.

use crate::cli::sample::{FileKind, country::Style};

/// A column: its field in our records, and its heading in the styles Excel, Kobo, Plain and
/// Portuguese.
pub(super) struct Column {
    /// What it holds.
    pub(super) field: &'static str,
    headings: [&'static str; 4],
}

impl Column {
    /// The heading in files of `style`.
    pub(super) fn heading(&self, style: Style) -> &'static str {
        self.headings[style as usize]
    }
}

const fn column(field: &'static str, headings: [&'static str; 4]) -> Column {
    Column { field, headings }
}

/// The columns of files of `kind`, in order.
pub(super) fn columns(kind: FileKind) -> &'static [Column] {
    match kind {
        FileKind::Enterprises => &ENTERPRISES,
        FileKind::Visits => &VISITS,
        FileKind::Requests => &REQUESTS,
    }
}

static ENTERPRISES: [Column; 18] = [
    column("key", ["N° fiche", "fiche/numero", "code", "N.º da ficha"]),
    column("name", ["Nom de l'entreprise", "fiche/nom", "nom", "Nome da empresa"]),
    column("head_name", ["Responsable", "fiche/responsable", "responsable", "Responsável"]),
    column("sex", ["Sexe", "fiche/sexe", "sexe", "Sexo"]),
    column("telephones", ["Téléphone", "fiche/telephone", "telephone", "Telefone"]),
    column("locality", ["Localité", "lieu/localite", "localite", "Localidade"]),
    column("region", ["Région", "lieu/region", "region", "Região"]),
    column("latitude", ["Latitude", "lieu/latitude", "latitude", "Latitude"]),
    column("longitude", ["Longitude", "lieu/longitude", "longitude", "Longitude"]),
    column("filiere", ["Filière", "activite/filiere", "filiere", "Fileira"]),
    column("citi_group", ["CITI", "activite/citi", "citi", "CITA"]),
    column("headcount", ["Effectif", "activite/effectif", "effectif", "Trabalhadores"]),
    column("turnover", ["CA annuel (FCFA)", "activite/ca", "ca_fcfa", "Volume de negócios"]),
    column("status", ["Statut", "activite/statut", "statut", "Situação"]),
    column("registered_on", ["Inscrite le", "fiche/date", "date_inscription", "Data"]),
    column("consent", ["Accord statistiques", "accord/oui", "accord", "Consentimento"]),
    column("consented_on", ["Date de l'accord", "accord/date", "date_accord", "Data do acordo"]),
    column("medium", ["Forme de l'accord", "accord/forme", "forme_accord", "Forma do acordo"]),
];

static VISITS: [Column; 6] = [
    column("key", ["N° visite", "visite/numero", "numero", "N.º da visita"]),
    column("enterprise", ["N° fiche", "visite/fiche", "code_entreprise", "N.º da ficha"]),
    column("visited_on", ["Date de la visite", "visite/date", "date", "Data"]),
    column("purpose", ["Motif", "visite/motif", "motif", "Motivo"]),
    column("referent", ["Référent", "visite/referent", "referent", "Técnico"]),
    column("remarks", ["Observations", "visite/notes", "observations", "Observações"]),
];

static REQUESTS: [Column; 17] = [
    column("key", ["N° demande", "demande/numero", "numero", "N.º do pedido"]),
    column("enterprise", ["N° fiche", "demande/fiche", "code_entreprise", "N.º da ficha"]),
    column("received_on", ["Reçue le", "demande/date", "date_reception", "Recebido em"]),
    column("channel", ["Canal", "demande/canal", "canal", "Canal"]),
    column("theme", ["Thème", "demande/theme", "theme", "Tema"]),
    column("referent", ["Référent", "demande/referent", "referent", "Técnico"]),
    column("question", ["Question", "demande/question", "question", "Pergunta"]),
    column("assigned_on", ["Affectée le", "demande/affectee", "date_affectation", "Atribuído em"]),
    column("escalated_on", ["Transmise le", "demande/transmise", "date_envoi", "Enviado em"]),
    column("answered_on", ["Répondue le", "reponse/date", "date_reponse", "Respondido em"]),
    column("answer_kind", ["Type de réponse", "reponse/type", "type_reponse", "Tipo"]),
    column("expertise", ["Appui distant", "reponse/distance", "appui_distant", "Apoio remoto"]),
    column("satisfaction", ["Note (1 à 5)", "reponse/note", "note", "Nota"]),
    column("followed_up_on", ["Suivi le", "suivi/date", "date_suivi", "Acompanhado em"]),
    column("adopted", ["Adoptée", "suivi/adoptee", "adoptee", "Adotada"]),
    column("funding", ["Financement (FCFA)", "suivi/montant", "montant_fcfa", "Montante"]),
    column("closed_on", ["Clôturée le", "demande/cloturee", "date_cloture", "Encerrado em"]),
];
