//! Imports through the stream.

use super::*;

const MAPPING: &str = r#"
version = 1
source = "test-enterprises"
as = "enterprises"
area = "ML"
key = ["Numero"]

[file]
delimiter = ";"
dates = "day-month-year"

[fields.name]
column = "Nom"

[fields.region]
column = "Region"

[fields.filiere]
column = "Filiere"

[fields.registered_on]
column = "Date"
"#;

pub(super) fn pieces(kind: &str, file: &[&str]) -> Vec<ImportRequest> {
    let header = ImportHeader {
        mapping: MAPPING.into(),
        kind: kind.into(),
        dry_run: false,
        language: "en".into(),
        file_bytes: file.iter().map(|text| text.len() as u64).sum(),
    };
    let bytes = file.iter().map(|text| Piece::Bytes(text.as_bytes().to_vec()));
    let pieces = std::iter::once(Piece::Header(header)).chain(bytes);
    pieces.map(|piece| ImportRequest { piece: Some(piece) }).collect()
}

#[tokio::test]
async fn a_file_is_imported_as_it_arrives_and_bad_rows_are_listed() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let mut client = ImportServiceClient::new(stand.connect_hub(&steward).await.unwrap());
    let file = ["Numero;Nom;Region;Filiere;Date\n1;Da", "naya;ML-3;LAIT;05/03/2026\n", "2;X;ML-3;"];
    let rest = "NOWHERE;05/03/2026\n";
    let sent = pieces("enterprises", &[file[0], file[1], file[2], rest]);
    let report = client.import(tokio_stream::iter(sent.clone())).await.unwrap().into_inner();
    assert_eq!((report.rows, report.created, report.quarantined), (2, 1, 1), "{report:?}");
    assert!(!report.text.is_empty());
    let again = client.import(tokio_stream::iter(sent)).await.unwrap().into_inner();
    assert_eq!((again.rows, again.unchanged, again.quarantined), (2, 1, 1), "{again:?}");
    let list = ListQuarantineRequest { language: "fr".into(), ..Default::default() };
    let rows = client.list_quarantine(list).await.unwrap().into_inner().rows;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].faults[0].column, "Filiere");
    assert!(!rows[0].faults[0].remedy.is_empty());
    assert_eq!(rows[0].repetitions, 0);
    let discard = DiscardQuarantinedRequest { name: rows[0].name.clone(), names: vec![] };
    client.discard_quarantined(discard.clone()).await.unwrap();
    let gone = client.discard_quarantined(discard).await;
    assert_eq!(reason_of(gone), (Code::NotFound, "NOT_FOUND".into()));
    let nonsense = DiscardQuarantinedRequest { name: "x".into(), names: vec![] };
    let status = client.discard_quarantined(nonsense).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let list = client.list_quarantine(ListQuarantineRequest::default()).await.unwrap();
    assert!(list.into_inner().rows.is_empty());
    let (name, gone) = (rows[0].name.clone(), vec![rows[0].name.clone()]);
    let both = DiscardQuarantinedRequest { name, names: gone.clone() };
    let many = DiscardQuarantinedRequest { name: String::new(), names: vec!["s/0".into(); 501] };
    for wrong in [both, many, DiscardQuarantinedRequest::default()] {
        let status = client.discard_quarantined(wrong).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    }
    let gone = DiscardQuarantinedRequest { name: String::new(), names: gone };
    assert_eq!(client.discard_quarantined(gone).await.unwrap().into_inner().discarded, 0);
    for wrong in [pieces("visits", &[]), pieces("", &["a"])[1..].to_vec(), Vec::new()] {
        let status = client.import(tokio_stream::iter(wrong)).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    }
}

#[tokio::test]
async fn a_mapping_for_another_country_is_refused_whatever_the_file() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let mut client = ImportServiceClient::new(stand.connect_hub(&steward).await.unwrap());
    let mut sent = pieces("enterprises", &["Numero;Nom;Region;Filiere;Date\n"]);
    let Some(Piece::Header(header)) = &mut sent[0].piece else { panic!("{sent:?}") };
    header.mapping = header.mapping.replace("area = \"ML\"", "area = \"SN\"");
    let status = client.import(tokio_stream::iter(sent)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let details = status.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(violation.field, "header.mapping");
    assert!(violation.description.contains("regions of SN"), "{violation:?}");
    assert!(violation.description.contains("records of ML"), "{violation:?}");
}

#[tokio::test]
async fn a_file_over_the_configured_size_is_refused() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let mut client = ImportServiceClient::new(stand.connect_hub(&steward).await.unwrap());
    let line = "1;Danaya;ML-3;LAIT;05/03/2026\n".repeat(10_000);
    let sent =
        pieces("enterprises", &[&["Numero;Nom;Region;Filiere;Date\n"], &[&*line; 5][..]].concat());
    let status = client.import(tokio_stream::iter(sent)).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert!(status.message().contains("larger than 1048576 bytes"), "{status:?}");
    let rows = enterprises(&stand, &steward).await;
    assert_eq!(rows, 0, "refused before anything was written");
}

async fn enterprises(stand: &Stand, who: &Credentials) -> usize {
    let mut client = EnterpriseServiceClient::new(stand.connect_hub(who).await.unwrap());
    let mut page = ListEnterprisesRequest { page_size: 1000, ..Default::default() };
    let mut count = 0;
    loop {
        let found = client.list_enterprises(page.clone()).await.unwrap().into_inner();
        count += found.enterprises.len();
        page.page_token = found.next_page_token;
        if page.page_token.is_empty() {
            return count;
        }
    }
}

#[tokio::test]
async fn a_file_that_breaks_off_or_goes_on_is_refused_with_what_was_settled() {
    let stand = Stand::new().await;
    let steward = stand.certificates.person("essaim://ML/steward/desk");
    let mut client = ImportServiceClient::new(stand.connect_hub(&steward).await.unwrap());
    let heading = "Numero;Nom;Region;Filiere;Date\n".to_owned();
    let row = |number: usize| format!("{number};Danaya;ML-3;LAIT;05/03/2026\n");
    let file: String = std::iter::once(heading).chain((0..3_000).map(row)).collect();
    let cut = &file[..file.len() - 3];
    // Its end looks like any other: only its size tells that it was cut inside its last row.
    for (sent, stated, refusal) in [
        (cut, file.len(), (Code::Aborted, "FILE_BROKE_OFF".to_owned())),
        (&*file, cut.len(), (Code::InvalidArgument, "INVALID_FIELD".to_owned())),
    ] {
        let (first, second) = sent.split_at(70_000);
        let mut sent = pieces("enterprises", &[first, second]);
        let Some(Piece::Header(header)) = &mut sent[0].piece else { panic!("a header") };
        header.file_bytes = stated as u64;
        let status = client.import(tokio_stream::iter(sent)).await.unwrap_err();
        let metadata = status.get_error_details().error_info().unwrap().metadata.clone();
        assert_eq!(metadata["rows_settled"], "2000", "{status:?}");
        assert!(status.message().contains("2000 rows were imported"), "{status:?}");
        assert_eq!(reason_of(Err::<(), _>(status)), refusal);
        assert_eq!(enterprises(&stand, &steward).await, 2_000);
    }
}
