//! What must be on the node, and what is.

use super::*;

impl Expected {
    /// Takes in a write that was acknowledged.
    pub(super) fn take(&mut self, asked: &Asked, told: &Told) {
        match told {
            Told::Enterprise(one) => drop(self.enterprises.insert(one.name.clone(), one.clone())),
            Told::Request(one) => drop(self.requests.insert(one.name.clone(), one.clone())),
            Told::Note(one) => drop(self.notes.insert(one.name.clone(), one.clone())),
            Told::Answer(one) => {
                self.answers.insert(one.name.clone(), one.clone());
                let request = self.requests.get_mut(&one.request).unwrap();
                request.set_state(RequestState::Answered);
                request.first_answered_on = one.answered_on.clone();
                request.etag = next(&request.etag);
            }
            Told::Imported => {
                let Asked::Import(file) = asked else { panic!("{asked:?}") };
                self.imported.extend((0..file.rows).map(|row| file.name(row)));
            }
        }
    }

    /// What a write that was acknowledged before must be answered with now.
    pub(super) fn again(&self, told: &Told) -> Told {
        match told {
            Told::Enterprise(one) => Told::Enterprise(self.enterprises[&one.name].clone()),
            Told::Request(one) => Told::Request(self.requests[&one.name].clone()),
            Told::Answer(one) => Told::Answer(self.answers[&one.name].clone()),
            Told::Note(_) | Told::Imported => told.clone(),
        }
    }
}

impl Found {
    pub(super) async fn read(clients: &Clients) -> Self {
        let (page_size, mut found) = (PAGE_ROWS, Self::default());
        let mut page_token = String::new();
        loop {
            let asked = ListEnterprisesRequest { page_size, page_token };
            let page = clients.enterprises().list_enterprises(asked).await.unwrap().into_inner();
            found.enterprises.extend(page.enterprises.into_iter().map(|it| (it.name.clone(), it)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        loop {
            let asked = ListSupportRequestsRequest { page_size, page_token, ..Default::default() };
            let page = clients.requests().list_support_requests(asked).await.unwrap().into_inner();
            found.requests.extend(page.requests.into_iter().map(|it| (it.name.clone(), it)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        loop {
            let asked = ListAnswersRequest { page_size, page_token, ..Default::default() };
            let page = clients.requests().list_answers(asked).await.unwrap().into_inner();
            found.answers.extend(page.answers.into_iter().map(|it| (it.name.clone(), it)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let mut library = LibraryServiceClient::new(clients.author.clone());
        loop {
            let asked = ListNotesRequest { page_size, page_token, ..Default::default() };
            let page = library.list_notes(asked).await.unwrap().into_inner();
            found.notes.extend(page.notes.into_iter().map(|it| (it.name.clone(), it)));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        found
    }
}
