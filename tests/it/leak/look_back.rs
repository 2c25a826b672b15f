//! What stewards read afterwards: the cells of a release with the reasons why they are hidden, and
//! the journal of who did what to which records. Once as they should, and once with words of
//! their own where places and hashes belong.

use std::collections::BTreeSet;

use essaim::wire::generated::hub::{
    CellMark, HidingRule, JournalFault, JournalHead, ListJournalEntriesRequest,
    ListReleaseCellsRequest, ListReleaseFiguresRequest, VerifyJournalRequest,
    journal_service_client::JournalServiceClient, release_service_client::ReleaseServiceClient,
};

use super::{planted::Planted, staff::Staff};

/// Rows of a page.
const PAGE_ROWS: i32 = 100;

impl Staff {
    /// The cells of a release, page by page.
    pub async fn read_cells(&self, planted: &mut Planted, release: &str) {
        let mut client = ReleaseServiceClient::new(self.second_steward.clone());
        let (mut marks, mut page_token) = (BTreeSet::new(), String::new());
        loop {
            let parent = release.to_owned();
            let list = ListReleaseCellsRequest { parent, page_size: PAGE_ROWS, page_token };
            let page = client.list_release_cells(list).await.unwrap().into_inner();
            marks.extend(page.cells.iter().map(|cell| cell.mark));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let all = [CellMark::Published, CellMark::HiddenPrimary, CellMark::HiddenSecondary];
        assert_eq!(marks, all.map(i32::from).into());
        let page_token = planted.asked("page token of cells");
        let parent = release.to_owned();
        let list = ListReleaseCellsRequest { parent, page_size: PAGE_ROWS, page_token };
        client.list_release_cells(list).await.expect_err("a refusal");
        self.read_figures(planted, release).await;
    }

    /// The figures themselves, hidden ones included, with the rules that hide them.
    async fn read_figures(&self, planted: &mut Planted, release: &str) {
        let mut client = ReleaseServiceClient::new(self.second_steward.clone());
        let (mut rules, mut page_token) = (BTreeSet::new(), String::new());
        loop {
            let parent = release.to_owned();
            let list = ListReleaseFiguresRequest { parent, page_size: PAGE_ROWS, page_token };
            let page = client.list_release_figures(list).await.unwrap().into_inner();
            let reasons = page.figures.iter().flat_map(|figure| &figure.reasons);
            rules.extend(reasons.map(|reason| reason.rule));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        for rule in [HidingRule::FewEnterprises, HidingRule::Others] {
            assert!(rules.contains(&rule.into()), "{rule:?}: {rules:?}");
        }
        let page_token = planted.asked("page token of figures");
        let parent = release.to_owned();
        let list = ListReleaseFiguresRequest { parent, page_size: PAGE_ROWS, page_token };
        client.list_release_figures(list).await.expect_err("a refusal");
        let parent = format!("releases/{}", planted.asked("release of figures"));
        let list = ListReleaseFiguresRequest { parent, ..Default::default() };
        client.list_release_figures(list).await.expect_err("a refusal");
    }

    /// The journal, page by page, and whether it is whole. The identifiers of all records stand in
    /// it.
    pub async fn read_journal(&self, planted: &mut Planted) {
        let mut client = JournalServiceClient::new(self.steward.clone());
        let (mut entries, mut page_token) = (Vec::new(), String::new());
        loop {
            let list = ListJournalEntriesRequest { first: 0, page_size: PAGE_ROWS, page_token };
            let page = client.list_journal_entries(list).await.unwrap().into_inner();
            entries.extend(page.entries);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let touched: BTreeSet<&String> =
            entries.iter().flat_map(|entry| &entry.records).map(|record| &record.name).collect();
        assert!(touched.len() > 500, "{} records in the journal", touched.len());
        touched.into_iter().for_each(|name| planted.resource(name));

        let mut verify = async |kept| client.verify_journal(VerifyJournalRequest { kept }).await;
        let whole = verify(None).await.unwrap().into_inner();
        assert_eq!(whole.fault(), JournalFault::Unspecified);
        let head = whole.head.unwrap();
        assert_eq!(head.entries, entries.len() as u64);
        let rewritten = JournalHead { hash: vec![0xa5; 32], ..head.clone() };
        let rewritten = verify(Some(rewritten)).await.unwrap().into_inner();
        assert_eq!(rewritten.fault(), JournalFault::Rewritten);
        let hash = planted.asked("hash of a head of the journal").into_bytes();
        verify(Some(JournalHead { hash, ..head })).await.expect_err("a refusal");
        let page_token = planted.asked("page token of the journal");
        let list = ListJournalEntriesRequest { first: 0, page_size: PAGE_ROWS, page_token };
        client.list_journal_entries(list).await.expect_err("a refusal");
    }
}
