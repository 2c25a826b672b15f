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
            if heads.offered[0].origin == code("ML")),
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

#[tokio::test]
async fn a_note_with_unknown_codes_is_refused_to_authors_and_shown_of_others() {
    let stand = Stand::new().await;
    let author = stand.certificates.person("essaim://ML/author/desk");
    let mut client = LibraryServiceClient::new(stand.connect_exchange(&author).await.unwrap());
    let wrong = [
        ("note.filieres", Note { filieres: vec!["FRLEG".into(), "XX".into()], ..note() }),
        ("note.filieres", Note { filieres: vec!["lait".into()], ..note() }),
        ("note.filieres", Note { filieres: vec!["_T".into()], ..note() }),
        ("note.language", Note { language: "xx-yy-zz-!!".into(), ..note() }),
        ("note.language", Note { language: String::new(), ..note() }),
    ];
    for (field, note) in wrong {
        let publish = PublishNoteRequest { note: Some(note.clone()), ..Default::default() };
        let status = client.publish_note(publish).await.expect_err(field);
        assert_eq!(status.code(), Code::InvalidArgument, "{note:?}");
        let details = status.get_error_details();
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, field, "{note:?}");
    }
    let list = client.list_notes(ListNotesRequest::default()).await.unwrap().into_inner();
    assert!(list.notes.is_empty(), "a refused note stands in the log: {list:?}");
    // A language of the region that the program has no texts in, in another spelling.
    let dioula = Note { language: "DYU".into(), ..note() };
    let publish = PublishNoteRequest { note: Some(dioula), ..Default::default() };
    let told = client.publish_note(publish).await.unwrap().into_inner().note.unwrap();
    assert_eq!(told.language, "dyu");

    let foreign = essaim::publication::note::Note {
        member: code("SN"),
        language: "xx-yy-zz-!!".into(),
        title: "Note".into(),
        summary: "D'un programme plus récent.".into(),
        text: "Texte".into(),
        authors: Vec::new(),
        filieres: vec!["XX".into()],
        keywords: Vec::new(),
        rights: "CC-BY-4.0".into(),
        published_on: jiff::civil::date(2026, 3, 5),
    };
    let entry = EntryId { origin: code("SN"), epoch: 1, seq: 0 };
    // As a pulled entry is read, and taken in.
    let bytes = foreign.to_bytes();
    let read = essaim::publication::note::Note::from_bytes(1, &bytes).unwrap();
    stand.library.apply(entry, 0, &read).unwrap();
    let request = ListNotesRequest { filiere: "XX".into(), ..Default::default() };
    let list = client.list_notes(request).await.unwrap().into_inner();
    assert_eq!(list.notes.len(), 1, "{list:?}");
    assert_eq!((&*list.notes[0].entry, &*list.notes[0].language), ("SN/1/0", "xx-yy-zz-!!"));
}
