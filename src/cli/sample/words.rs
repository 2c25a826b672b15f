//! The words that stand in the sample's files for codes, in French and Portuguese.

/// A code of a list, in French and in Portuguese words.
type Word = (&'static str, &'static str, &'static str);

/// The words of each list of codes.
const WORDS: &[(&str, &[Word])] = &[
    (
        "sex",
        &[
            ("F", "Femme", "Mulher"),
            ("M", "Homme", "Homem"),
            ("X", "Mixte", "Mista"),
            ("_U", "ND", "ND"),
        ],
    ),
    (
        "status",
        &[
            ("FORMAL", "Formelle", "Formal"),
            ("INFORMAL", "Informelle", "Informal"),
            ("_U", "ND", "ND"),
        ],
    ),
    (
        "medium",
        &[
            ("PAPER", "Papier", "Papel"),
            ("ORAL", "Oral", "Oral"),
            ("DIGITAL", "Numérique", "Digital"),
        ],
    ),
    (
        "purpose",
        &[
            ("DIAGNOSE", "Diagnostic", "Diagnóstico"),
            ("ADVICE", "Conseil", "Conselho"),
            ("TRIAL", "Essai", "Ensaio"),
            ("FOLLOWUP", "Suivi", "Acompanhamento"),
        ],
    ),
    (
        "channel",
        &[
            ("VISIT", "Visite", "Visita"),
            ("WALKIN", "Permanence", "Atendimento"),
            ("PHONE", "Téléphone", "Telefone"),
            ("MESSAGE", "WhatsApp", "WhatsApp"),
            ("EVENT", "Foire", "Feira"),
        ],
    ),
    (
        "theme",
        &[
            ("PROCESS", "Procédé", "Processo"),
            ("EQUIP", "Équipement", "Equipamento"),
            ("PACKAGE", "Emballage", "Embalagem"),
            ("STORAGE", "Conservation", "Conservação"),
            ("QUALITY", "Hygiène et qualité", "Higiene e qualidade"),
            ("RECIPE", "Recette", "Receita"),
            ("PREMISES", "Locaux", "Instalações"),
            ("FINANCE", "Financement", "Financiamento"),
        ],
    ),
    (
        "answer_kind",
        &[
            ("RECIPE", "Recette", "Receita"),
            ("TRIAL", "Essai sur place", "Ensaio no local"),
            ("COMPARE", "Comparaison", "Comparação"),
            ("SUPPLIER", "Fournisseur", "Fornecedor"),
            ("REVIEW", "Revue du procédé", "Revisão do processo"),
            ("FINANCE", "Guichet", "Financiamento"),
        ],
    ),
    ("expertise", &[("SATD", "SATD", "SATD"), ("PEER", "Autre hub", "Outro hub")]),
    ("yes_no", &[("true", "Oui", "Sim"), ("false", "Non", "Não")]),
];

/// All words of a list: code and word.
pub(super) fn words(list: &str, portuguese: bool) -> Vec<(&'static str, &'static str)> {
    let found = WORDS.iter().find(|(name, _)| *name == list).map_or(&[][..], |(_, words)| *words);
    found.iter().map(|(code, fr, pt)| (*code, if portuguese { *pt } else { *fr })).collect()
}

/// The word for one code; the code itself if there is none.
pub(super) fn word<'a>(list: &str, code: &'a str, portuguese: bool) -> &'a str {
    words(list, portuguese)
        .into_iter()
        .find(|(known, _)| *known == code)
        .map_or(code, |(_, word)| word)
}
