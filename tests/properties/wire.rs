//! Whatever bytes arrive, conversion gives a value or names the field: never a panic.

use std::sync::LazyLock;

use essaim::{
    base::id::MemberCode,
    codes::embedded::Codes,
    wire::{
        answer as query_answer,
        generated::{exchange, hub, sync},
        hub::{answer, consent, enterprise, import, journal, request, visit},
        library, parse, statistics,
        sync::{frame_from_wire, frame_to_wire, request_from_wire, request_to_wire},
    },
};
use jiff::civil::Date;
use proptest::{collection::SizeRange, prelude::*};
use prost::Message;
use prost_types::FieldMask;

static CODES: LazyLock<Codes> = LazyLock::new(Codes::embedded);

const TODAY: Date = Date::constant(2027, 1, 31);

fn ml() -> MemberCode {
    "ML".parse().unwrap()
}

/// Texts that look like what is expected, and others.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        "[0-9]{4}(-Q[0-9])?(\\.\\.[0-9]{4}(-Q[0-9])?)?",
        "(enterprises|requests|answers|notes)/[0-9a-f-]{0,40}",
        "notes/[A-Z]{2}/[0-9]{1,3}/[0-9]{1,3}",
        ".{0,40}",
        any::<u64>().prop_map(|number| number.to_string()),
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        proptest::collection::vec(any::<u8>(), 32..=32),
    ]
}

prop_compose! {
    fn known()(origin in text(), epoch in any::<u32>(), held in any::<u64>(),
               size in any::<u64>(), root in bytes()) -> sync::KnownHead {
        sync::KnownHead { origin, epoch, held, size, root }
    }
}

prop_compose! {
    fn offered()(origin in "[A-Z]{1,9}", epoch in any::<u32>(), checkpoint in bytes(),
                 base_root in proptest::option::of(bytes()),
                 proof in proptest::collection::vec(bytes(), 0..4)) -> sync::OfferedHead {
        sync::OfferedHead { origin, epoch, checkpoint, base_root, proof }
    }
}

prop_compose! {
    fn seen()(origin in "[A-Z]{1,9}", epoch in any::<u32>(),
              checkpoint in bytes()) -> sync::SeenCheckpoint {
        sync::SeenCheckpoint { origin, epoch, checkpoint }
    }
}

fn names() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(text(), 2..5)
}

/// Places in lists as short as those of [`names`], and now and then one beyond them.
fn places(count: impl Into<SizeRange>) -> impl Strategy<Value = Vec<u32>> {
    let place = prop_oneof![40 => 0..2_u32, 1 => 2..6_u32, 1 => any::<u32>()];
    proptest::collection::vec(place, count)
}

prop_compose! {
    fn column()(name in text(), codes in names()) -> exchange::Column {
        exchange::Column { name, codes }
    }
}

prop_compose! {
    fn row()(keys in prop_oneof![40 => places(2), 1 => places(0..5)], members in places(0..3),
             missing_members in places(0..3), releases in places(0..3)) -> exchange::Row {
        exchange::Row { keys, members, missing_members, releases, ..Default::default() }
    }
}

proptest! {
    #[test]
    fn any_bytes_of_any_message_are_read_or_refused(bytes in bytes()) {
        if let Ok(message) = sync::PullRequest::decode(&*bytes) {
            let _ = request_from_wire(message);
        }
        if let Ok(message) = sync::PullResponse::decode(&*bytes) {
            let _ = frame_from_wire(message);
        }
        if let Ok(message) = exchange::QueryRequest::decode(&*bytes) {
            let _ = statistics::query_from_wire(message, Vec::new(), TODAY);
        }
        if let Ok(message) = exchange::QueryResponse::decode(&*bytes) {
            let _ = query_answer::from_wire(message);
        }
        if let Ok(message) = exchange::Note::decode(&*bytes) {
            let _ = library::from_wire(Some(message), ml(), TODAY, &CODES);
        }
        if let Ok(message) = hub::Enterprise::decode(&*bytes) {
            let _ = enterprise::from_wire(Some(message));
        }
        if let Ok(message) = hub::ImportHeader::decode(&*bytes) {
            let _ = import::header_from_wire(message);
        }
    }

    #[test]
    fn a_pull_request_that_is_read_is_sent_the_same_again(
        known in proptest::collection::vec(known(), 0..4),
        budget_bytes in any::<u64>(),
        want in 0..4,
    ) {
        let message = sync::PullRequest { known, bodies: Vec::new(), budget_bytes, want };
        if let Ok(read) = request_from_wire(message) {
            let again = request_from_wire(request_to_wire(read.clone()));
            prop_assert_eq!(again.unwrap(), read);
        }
    }

    #[test]
    fn a_frame_that_is_read_is_sent_the_same_again(
        heads in proptest::collection::vec(offered(), 0..4),
        seen in proptest::collection::vec(seen(), 0..4),
        unsure in proptest::collection::vec(("[A-Z]{1,9}", any::<u32>()), 0..4),
        content_bytes in any::<u32>(),
        zstd in bytes(),
        which in 0..4,
    ) {
        use sync::pull_response::Frame;
        let name = |(origin, epoch)| sync::LogName { origin, epoch };
        let unsure = unsure.into_iter().map(name).collect();
        let frame = match which {
            0 => Some(Frame::Heads(sync::Heads { heads, seen, unsure })),
            1 => Some(Frame::Batch(sync::Batch { content_bytes, zstd })),
            2 => Some(Frame::End(sync::End { complete: true })),
            _ => None,
        };
        if let Ok(read) = frame_from_wire(sync::PullResponse { frame }) {
            let again = frame_from_wire(frame_to_wire(read.clone()));
            prop_assert_eq!(again.unwrap(), read);
        }
    }

    #[test]
    fn a_kept_head_of_the_journal_is_read_as_sent_or_refused(
        entries in any::<u64>(),
        hash in bytes(),
        is_kept in any::<bool>(),
    ) {
        let kept = is_kept.then(|| hub::JournalHead { entries, hash: hash.clone() });
        let read = journal::kept_from_wire(kept.clone());
        prop_assert_eq!(read.is_ok(), !is_kept || hash.len() == 32);
        if let (Ok(head), Some(kept)) = (read, kept) {
            prop_assert_eq!(journal::head_to_wire(head), kept);
        }
    }

    #[test]
    fn queries_are_read_within_their_limits(
        by in proptest::collection::vec(text(), 0..9),
        periods in proptest::collection::vec(text(), 0..5),
        page_size in any::<i32>(),
        page_token in text(),
    ) {
        let message = exchange::QueryRequest {
            indicator: "DEM01".into(),
            by,
            periods,
            filters: Vec::new(),
            page_size,
            page_token,
        };
        if let Ok(question) = statistics::query_from_wire(message, vec![ml()], TODAY) {
            prop_assert!(question.page.size > 0 && question.page.size <= 5_000);
            prop_assert!(question.query.periods.len() <= 200);
        }
    }

    #[test]
    fn an_answer_that_is_read_names_what_is_listed_at_its_places(
        columns in proptest::collection::vec(column(), 2),
        members in names(),
        releases in names(),
        rows in proptest::collection::vec(row(), 0..4),
    ) {
        let message = exchange::QueryResponse {
            columns, members, releases, rows, ..Default::default()
        };
        let sound = message.rows.iter().all(|row| {
            let places = |places: &[u32], list: &[String]| {
                places.len() <= list.len() && places.iter().all(|at| (*at as usize) < list.len())
            };
            let mut keys = row.keys.iter().zip(&message.columns);
            row.keys.len() == message.columns.len()
                && keys.all(|(key, column)| (*key as usize) < column.codes.len())
                && places(&row.members, &message.members)
                && places(&row.missing_members, &message.members)
                && places(&row.releases, &message.releases)
        });
        let read = query_answer::from_wire(message.clone());
        prop_assert_eq!(read.is_ok(), sound, "{:?}", read);
        for (row, read) in message.rows.iter().zip(read.into_iter().flat_map(|read| read.rows)) {
            let is_named = |places: &[u32], list: &[String], names: &[query_answer::Name]| {
                places.iter().map(|at| list[*at as usize].as_str()).eq(names.iter().map(|it| &**it))
            };
            let keys = row.keys.iter().zip(&message.columns);
            let keys = keys.map(|(key, column)| column.codes[*key as usize].as_str());
            prop_assert!(keys.eq(read.keys.iter().map(|key| &**key)));
            prop_assert!(is_named(&row.members, &message.members, &read.members));
            prop_assert!(
                is_named(&row.missing_members, &message.members, &read.missing_members)
            );
            prop_assert!(is_named(&row.releases, &message.releases, &read.releases));
        }
    }

    #[test]
    fn small_parts_are_read_or_refused(text in text(), number in any::<i32>()) {
        if let Ok(day) = parse::day("field", &text) {
            prop_assert_eq!(day.to_string(), &*text);
        }
        if let Ok(revision) = parse::etag("etag", &text) {
            prop_assert_eq!(revision.to_string(), &*text);
        }
        let _ = parse::request_id(&text);
        let _ = parse::language(&text);
        if let Ok(size) = parse::page_size(number) {
            prop_assert!((1..=1_000).contains(&size));
        }
        let named = parse::name::<essaim::base::id::EnterpriseId>("f", "enterprises", &text);
        if let Ok(id) = named {
            prop_assert_eq!(enterprise::name(id), text);
        }
    }

    #[test]
    fn masks_change_the_named_fields_or_are_refused(
        paths in proptest::collection::vec(prop_oneof![
            Just("region".to_owned()), Just("identity.name".to_owned()), Just("name".to_owned()),
            Just("identity".to_owned()), Just("registered_on".to_owned()), text(),
        ], 0..5),
        day in text(),
    ) {
        let mask = Some(FieldMask { paths });
        if let Ok(paths) = parse::mask("update_mask", mask) {
            let new = hub::Enterprise { registered_on: day, ..Default::default() };
            let _ = enterprise::changes(new, &paths);
            let _ = visit::changes(hub::Visit::default(), &paths);
            let _ = request::changes(hub::SupportRequest::default(), &paths);
        }
    }

    #[test]
    fn records_of_any_fields_are_read_or_refused(a in text(), b in text(), number in any::<i32>()) {
        let enterprise = format!("enterprises/{a}");
        let _ = visit::from_wire(Some(hub::Visit {
            enterprise: enterprise.clone(),
            visited_on: b.clone(),
            ..Default::default()
        }));
        let _ = request::from_wire(Some(hub::SupportRequest {
            enterprise: enterprise.clone(),
            received_on: b.clone(),
            state: number,
            ..Default::default()
        }));
        let _ = consent::from_wire(Some(hub::Consent {
            enterprise,
            purpose: number,
            given_on: b.clone(),
            ..Default::default()
        }));
        let _ = answer::from_wire(Some(hub::Answer { answered_on: b, ..Default::default() }));
        let _ = answer::satisfaction_from_wire(number.unsigned_abs());
    }
}
