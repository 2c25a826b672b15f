//! `essaim visit`.

use tonic::transport::Channel;

use crate::{
    cli::{
        Done,
        args::records::VisitCommand,
        call::{self, CallError, PAGE_ROWS},
        output::Fields,
        records::{
            self, Readable, Writable, field,
            field::{Field, Slot, Stated},
            writes_through,
        },
    },
    wire::generated::hub::{
        CreateVisitRequest, Enterprise, GetVisitRequest, ListVisitsRequest, UpdateVisitRequest,
        Visit, visit_service_client::VisitServiceClient,
    },
};

/// Runs one of the commands.
pub(in crate::cli) fn run(command: &VisitCommand) -> anyhow::Result<Done> {
    call::block_on(async {
        match command {
            VisitCommand::Create(args) => records::create::<Visit, _>(args).await,
            VisitCommand::Update(args) => records::update::<Visit, _>(args).await,
            VisitCommand::Get(args) => records::get::<Visit>(args).await,
            VisitCommand::List(args) => {
                let owner = args.enterprise.map(records::name::<Enterprise>);
                records::list::<Visit>(&args.list, owner.unwrap_or_default()).await
            }
        }
    })
}

const fn given(
    name: &'static str,
    path: &'static str,
    slot: fn(&mut Visit) -> Slot<'_>,
) -> Field<Visit> {
    Field { name, path, stated: Stated::Always, slot }
}

impl Readable for Visit {
    const COLLECTION: &'static str = "visits";
    const COLUMNS: &'static [&'static str] =
        &["id", "enterprise", "visited_on", "purpose", "referent"];

    fn version(&self) -> (&str, &str) {
        (&self.name, &self.etag)
    }

    fn fields(self) -> Fields {
        field::all(Self::FIELDS, self)
    }

    async fn get(channel: Channel, name: String) -> Result<Self, CallError> {
        let called = VisitServiceClient::new(channel).get_visit(GetVisitRequest { name }).await;
        Ok(call::answer(called)?.visit.unwrap_or_default())
    }

    async fn page(
        channel: Channel,
        owner: String,
        page_token: String,
    ) -> Result<(Vec<Self>, String), CallError> {
        let request = ListVisitsRequest { enterprise: owner, page_size: PAGE_ROWS, page_token };
        let page = call::answer(VisitServiceClient::new(channel).list_visits(request).await)?;
        Ok((page.visits, page.next_page_token))
    }
}

impl Writable for Visit {
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "id",
            path: "name",
            stated: Stated::ByNode,
            slot: |record| Slot::Name(&mut record.name, Self::COLLECTION),
        },
        Field {
            name: "etag",
            path: "etag",
            stated: Stated::ByNode,
            slot: |record| Slot::Text(&mut record.etag),
        },
        Field {
            name: "enterprise",
            path: "enterprise",
            stated: Stated::Once,
            slot: |record| Slot::Name(&mut record.enterprise, Enterprise::COLLECTION),
        },
        given("visited_on", "visited_on", |record| Slot::Text(&mut record.visited_on)),
        given("purpose", "purpose", |record| Slot::Text(&mut record.purpose)),
        given("referent", "identity.referent", |record| {
            Slot::Text(&mut record.identity.get_or_insert_default().referent)
        }),
        given("remarks", "identity.remarks", |record| {
            Slot::Text(&mut record.identity.get_or_insert_default().remarks)
        }),
    ];

    const REQUIRED: &'static [&'static str] = &["enterprise", "visited_on"];

    fn blank() -> Self {
        Self { purpose: "_U".into(), ..Self::default() }
    }

    writes_through! {
        VisitServiceClient, visit,
        create_visit(CreateVisitRequest), update_visit(UpdateVisitRequest)
    }
}
