//! Clients of one start of the node: how a write is sent, and what is answered.

use super::*;

impl Clients {
    pub(super) async fn new(folder: &NodeFolder, node: &NodeProcess) -> Self {
        Self {
            steward: folder.connect(&node.hub, "steward").await,
            author: folder.connect(&node.exchange, "author").await,
        }
    }

    pub(super) fn enterprises(&self) -> EnterpriseServiceClient<Channel> {
        EnterpriseServiceClient::new(self.steward.clone())
    }

    pub(super) fn requests(&self) -> SupportRequestServiceClient<Channel> {
        SupportRequestServiceClient::new(self.steward.clone())
    }

    /// Sends a write. An error means that the node was killed, not that it refused.
    pub(super) async fn send(&self, asked: &Asked) -> Result<Told, Status> {
        let sent = tokio::time::timeout(PATIENCE, self.send_untimed(asked)).await;
        let told = sent.expect("the node answers or is killed");
        if let Err(status) = &told {
            let broken = matches!(
                status.code(),
                Code::Unavailable | Code::Unknown | Code::Cancelled | Code::Internal
            );
            assert!(broken && reason(status).is_none(), "{asked:?} was refused: {status:?}");
        }
        told
    }

    pub(super) async fn send_untimed(&self, asked: &Asked) -> Result<Told, Status> {
        let (mut enterprises, mut requests) = (self.enterprises(), self.requests());
        Ok(match asked.clone() {
            Asked::CreateEnterprise(asked) => {
                let told = enterprises.create_enterprise(asked).await?.into_inner();
                Told::Enterprise(told.enterprise.unwrap())
            }
            Asked::UpdateEnterprise(asked) => {
                let told = enterprises.update_enterprise(asked).await?.into_inner();
                Told::Enterprise(told.enterprise.unwrap())
            }
            Asked::CreateRequest(asked) => {
                let told = requests.create_support_request(asked).await?.into_inner();
                Told::Request(told.request.unwrap())
            }
            Asked::Assign(asked) => {
                let told = requests.assign_support_request(asked).await?.into_inner();
                Told::Request(told.request.unwrap())
            }
            Asked::Answer(asked) => {
                let told = requests.answer_support_request(asked).await?.into_inner();
                Told::Answer(told.answer.unwrap())
            }
            Asked::Close(asked) => {
                let told = requests.close_support_request(asked).await?.into_inner();
                Told::Request(told.request.unwrap())
            }
            Asked::Publish(asked) => {
                let mut library = LibraryServiceClient::new(self.author.clone());
                Told::Note(library.publish_note(asked).await?.into_inner().note.unwrap())
            }
            Asked::Import(file) => {
                let mut imports = ImportServiceClient::new(self.steward.clone());
                let told = imports.import(tokio_stream::iter(file.pieces())).await?.into_inner();
                let settled = told.created + told.unchanged;
                assert_eq!((settled, told.quarantined), (file.rows as u64, 0), "{told:?}");
                Told::Imported
            }
        })
    }
}
