//! Pages of lists, held below the size of a message.

use prost::Message;

/// Most bytes of rows in one page; the largest row lies far below the rest of a message.
pub const PAGE_BYTES_MAX: usize = 3 * 1024 * 1024;

/// As many of `rows` as fit into one message, at least one if there is any.
pub fn fit<M: Message>(rows: impl IntoIterator<Item = M>) -> Vec<M> {
    let mut page = Vec::new();
    let mut bytes = 0_usize;
    for row in rows {
        bytes = bytes.saturating_add(row.encoded_len());
        if bytes > PAGE_BYTES_MAX && !page.is_empty() {
            break;
        }
        page.push(row);
    }
    page
}

/// Rows in a page, and the token of the next: the identifier in the name of the last row. `read`
/// rows were read of `wanted`; fewer are all that there are.
pub fn of_named<M: Message>(
    rows: Vec<M>,
    wanted: usize,
    name: impl Fn(&M) -> &str,
) -> (Vec<M>, String) {
    let read = rows.len();
    let page = fit(rows);
    let more = page.len() < read || read == wanted;
    let last = page.last().filter(|_| more).map(|row| {
        let name = name(row);
        name.split_once('/').map_or(name, |(_, identifier)| identifier).to_owned()
    });
    (page, last.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::generated::hub::{Visit, VisitIdentity};

    fn visit(number: usize, remarks_bytes: usize) -> Visit {
        let remarks = "x".repeat(remarks_bytes);
        let identity = Some(VisitIdentity { remarks, ..VisitIdentity::default() });
        Visit { name: format!("visits/{number}"), identity, ..Visit::default() }
    }

    #[test]
    fn a_page_ends_where_a_message_would_be_too_large() {
        let visits = || (0..10).map(|number| visit(number, 1024 * 1024)).collect::<Vec<_>>();
        let (page, token) = of_named(visits(), 50, |visit| &visit.name);
        assert_eq!((page.len(), &*token), (2, "1"));
        let (page, token) = of_named(vec![visit(7, 9 * 1024 * 1024)], 50, |visit| &visit.name);
        assert_eq!((page.len(), &*token), (1, ""));
    }

    #[test]
    fn a_full_page_may_have_a_successor_and_a_short_one_has_none() {
        let visits = |count| (0..count).map(|number| visit(number, 1)).collect::<Vec<_>>();
        assert_eq!(of_named(visits(3), 3, |visit| &visit.name).1, "2");
        assert_eq!(of_named(visits(2), 3, |visit| &visit.name).1, "");
        assert_eq!(of_named(visits(0), 3, |visit| &visit.name).1, "");
    }
}
