//! Notes, from author to reader.

use super::*;

fn note() -> Note {
    Note {
        language: "fr".into(),
        title: "Séchage de la mangue".into(),
        summary: "Sécher sans brunir.".into(),
        text: "# Séchage\nCouper, blanchir, sécher.".into(),
        filieres: vec!["FRLEG".into()],
        rights: "CC-BY-4.0".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_note_is_published_once_and_pulled_by_another_node() {
    let stand = Stand::new().await;
    let author = stand.certificates.person("essaim://ML/author/desk");
    let mut client = LibraryServiceClient::new(stand.connect_exchange(&author).await.unwrap());
    let publish = PublishNoteRequest { note: Some(note()), ..Default::default() };
    let first = client.publish_note(publish.clone()).await.unwrap().into_inner().note.unwrap();
    assert_eq!((&*first.member, &*first.entry), ("ML", "ML/1/0"));
    let again = client.publish_note(publish).await.unwrap().into_inner().note.unwrap();
    assert_eq!(again, first);
    let list = client.list_notes(ListNotesRequest::default()).await.unwrap().into_inner();
    assert_eq!(list.notes.len(), 1);
    assert!(list.notes[0].text.is_empty());
    let got = client.get_note(GetNoteRequest { name: first.name }).await.unwrap().into_inner();
    assert_eq!(got.note.unwrap().text, note().text);
    let mut untitled = note();
    untitled.title.clear();
    let publish = PublishNoteRequest { note: Some(untitled), ..Default::default() };
    let status = client.publish_note(publish).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);

    let node = stand.certificates.load("SN-node");
    let (address, roster) = (stand.exchange.address.to_string(), Arc::clone(&stand.roster));
    let channel = connect_node(&address, code("ML"), roster, &node, Vec::new()).await.unwrap();
    let known = vec![KnownHead { origin: code("ML"), epoch: 1, held: 0, size: 0, root: [0; 32] }];
    let request =
        PullRequest { known, bodies: Vec::new(), budget_bytes: 1 << 20, want: Want::Bodies };
    let mut link = NodeLink::new(channel, Arc::default(), Duration::from_secs(10));
    let frames = link.pull(request).await.unwrap();
    let frames: Vec<Frame> = frames.map(Result::unwrap).collect().await;
    assert!(
        matches!(&*frames, [Frame::Heads(heads), Frame::Batch(_), Frame::End { complete: true }]
            if heads[0].origin == code("ML")),
        "{frames:?}"
    );
}

#[tokio::test]
async fn a_numbered_publication_sent_again_gets_the_first_answer_whatever_came_between() {
    let stand = Stand::new().await;
    let author = stand.certificates.person("essaim://ML/author/desk");
    let mut client = LibraryServiceClient::new(stand.connect_exchange(&author).await.unwrap());
    let number = || IdempotencyKey::random().to_string();
    let publish =
        PublishNoteRequest { note: Some(note()), revises: String::new(), request_id: number() };
    let first = client.publish_note(publish.clone()).await.unwrap().into_inner().note.unwrap();
    let mut newer =
        PublishNoteRequest { revises: first.name.clone(), request_id: number(), ..publish.clone() };
    newer.note.as_mut().unwrap().title = "Séchage de la mangue, suite".into();
    let second = client.publish_note(newer.clone()).await.unwrap().into_inner().note.unwrap();
    assert_eq!((&*second.name, &*second.entry), (&*first.name, "ML/1/1"));
    // The first text no longer stands among the notes shown; without its number it would be
    // published anew.
    let again = client.publish_note(publish.clone()).await.unwrap().into_inner().note.unwrap();
    assert_eq!(again, first);
    let again = client.publish_note(newer.clone()).await.unwrap().into_inner().note.unwrap();
    assert_eq!(again, second);
    let other = PublishNoteRequest { request_id: publish.request_id.clone(), ..newer };
    let reused = client.publish_note(other).await;
    assert_eq!(reason_of(reused), (Code::InvalidArgument, "REQUEST_ID_REUSED".into()));
    let wrong = PublishNoteRequest { request_id: "one".into(), ..publish.clone() };
    let status = client.publish_note(wrong).await.unwrap_err();
    assert_eq!(
        status.get_error_details().bad_request().unwrap().field_violations[0].field,
        "request_id"
    );
    let unnumbered = PublishNoteRequest { request_id: String::new(), ..publish };
    let anew = client.publish_note(unnumbered).await.unwrap().into_inner().note.unwrap();
    assert_eq!(anew.entry, "ML/1/2");
}

#[tokio::test]
async fn a_note_is_known_again_however_much_was_published_that_day() {
    let stand = Stand::new().await;
    let author = stand.certificates.person("essaim://ML/author/desk");
    let mut client = LibraryServiceClient::new(stand.connect_exchange(&author).await.unwrap());
    let mut last = None;
    // Together more than one page of the list holds.
    for number in 0..30 {
        let (title, text) = (format!("Note {number}"), "Couper, sécher. ".repeat(3_000));
        let note = Some(Note { title, text, ..note() });
        let publish = PublishNoteRequest { note, ..Default::default() };
        let told = client.publish_note(publish.clone()).await.unwrap().into_inner();
        last = Some((publish, told));
    }
    let (publish, told) = last.unwrap();
    assert_eq!(client.publish_note(publish).await.unwrap().into_inner(), told);
}
