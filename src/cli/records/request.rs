//! `essaim request`: support requests and the steps of their life.

use std::{fs, path::Path};

use anyhow::Context;
use tonic::transport::Channel;

use crate::{
    cli::{
        Done,
        args::records::{AnswerArgs, AssignArgs, RequestCommand, StepArgs},
        call::{self, CallError, PAGE_ROWS},
        output::Fields,
        records::{
            self, Readable, Step, Writable, field,
            field::{Field, Slot, Stated},
            show, writes_through,
        },
    },
    wire::generated::hub::{
        Answer, AnswerIdentity, AnswerSupportRequestRequest, AssignSupportRequestRequest,
        CloseSupportRequestRequest, CreateSupportRequestRequest, Enterprise,
        EscalateSupportRequestRequest, GetSupportRequestRequest, ListSupportRequestsRequest,
        RequestState, SupportRequest, UpdateSupportRequestRequest,
        support_request_service_client::SupportRequestServiceClient,
    },
};

/// Runs one of the commands.
pub(in crate::cli) fn run(command: &RequestCommand) -> anyhow::Result<Done> {
    call::block_on(async {
        match command {
            RequestCommand::Create(args) => records::create::<SupportRequest, _>(args).await,
            RequestCommand::Update(args) => records::update::<SupportRequest, _>(args).await,
            RequestCommand::Assign(args) => assign(args).await,
            RequestCommand::Escalate(args) => escalate(args).await,
            RequestCommand::Answer(args) => answer(args).await,
            RequestCommand::Close(args) => close(args).await,
            RequestCommand::Get(args) => records::get::<SupportRequest>(args).await,
            RequestCommand::List(args) => {
                let owner = args.enterprise.map(records::name::<Enterprise>);
                records::list::<SupportRequest>(&args.list, owner.unwrap_or_default()).await
            }
        }
    })
}

async fn assign(args: &AssignArgs) -> anyhow::Result<Done> {
    let AssignArgs { referent, step: args } = args;
    let step = Step::of::<SupportRequest>(args.id, args.etag, &args.write).await?;
    let request = AssignSupportRequestRequest {
        name: step.name,
        etag: step.etag,
        assigned_on: args.on.to_string(),
        referent: referent.clone().unwrap_or_default(),
        request_id: step.request_id,
    };
    let mut client = SupportRequestServiceClient::new(step.channel);
    let called = call::answer(client.assign_support_request(request).await);
    show(&args.write.call, records::settled(called, &step.again)?.request.unwrap_or_default())
}

async fn escalate(args: &StepArgs) -> anyhow::Result<Done> {
    let step = Step::of::<SupportRequest>(args.id, args.etag, &args.write).await?;
    let request = EscalateSupportRequestRequest {
        name: step.name,
        etag: step.etag,
        escalated_on: args.on.to_string(),
        request_id: step.request_id,
    };
    let mut client = SupportRequestServiceClient::new(step.channel);
    let called = call::answer(client.escalate_support_request(request).await);
    show(&args.write.call, records::settled(called, &step.again)?.request.unwrap_or_default())
}

async fn answer(args: &AnswerArgs) -> anyhow::Result<Done> {
    let AnswerArgs { kind, remote_expertise, text, text_file, step: args } = args;
    let text = match text_file {
        Some(file) => text_of(file)?,
        None => text.clone().unwrap_or_default(),
    };
    let step = Step::of::<SupportRequest>(args.id, args.etag, &args.write).await?;
    let answer = Answer {
        answered_on: args.on.to_string(),
        kind: kind.clone(),
        remote_expertise: remote_expertise.clone().unwrap_or_default(),
        identity: Some(AnswerIdentity { text }),
        ..Answer::default()
    };
    let request = AnswerSupportRequestRequest {
        name: step.name,
        etag: step.etag,
        answer: Some(answer),
        request_id: step.request_id,
    };
    let mut client = SupportRequestServiceClient::new(step.channel);
    let called = call::answer(client.answer_support_request(request).await);
    show(&args.write.call, records::settled(called, &step.again)?.answer.unwrap_or_default())
}

pub(super) fn text_of(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("Cannot read {}", file.display()))
}

async fn close(args: &StepArgs) -> anyhow::Result<Done> {
    let step = Step::of::<SupportRequest>(args.id, args.etag, &args.write).await?;
    let request = CloseSupportRequestRequest {
        name: step.name,
        etag: step.etag,
        closed_on: args.on.to_string(),
        request_id: step.request_id,
    };
    let mut client = SupportRequestServiceClient::new(step.channel);
    let called = call::answer(client.close_support_request(request).await);
    show(&args.write.call, records::settled(called, &step.again)?.request.unwrap_or_default())
}

/// Words of the states.
const STATES: &[(&str, i32)] = &[
    ("received", RequestState::Received as i32),
    ("assigned", RequestState::Assigned as i32),
    ("escalated", RequestState::Escalated as i32),
    ("answered", RequestState::Answered as i32),
    ("closed", RequestState::Closed as i32),
];

const fn given(
    name: &'static str,
    path: &'static str,
    slot: fn(&mut SupportRequest) -> Slot<'_>,
) -> Field<SupportRequest> {
    Field { name, path, stated: Stated::Always, slot }
}

const fn by_node(
    name: &'static str,
    slot: fn(&mut SupportRequest) -> Slot<'_>,
) -> Field<SupportRequest> {
    Field { name, path: name, stated: Stated::ByNode, slot }
}

impl Readable for SupportRequest {
    const COLLECTION: &'static str = "requests";
    const COLUMNS: &'static [&'static str] =
        &["id", "enterprise", "received_on", "theme", "state", "first_answered_on"];

    fn version(&self) -> (&str, &str) {
        (&self.name, &self.etag)
    }

    fn fields(self) -> Fields {
        field::all(Self::FIELDS, self)
    }

    async fn get(channel: Channel, name: String) -> Result<Self, CallError> {
        let request = GetSupportRequestRequest { name };
        let called = SupportRequestServiceClient::new(channel).get_support_request(request).await;
        Ok(call::answer(called)?.request.unwrap_or_default())
    }

    async fn page(
        channel: Channel,
        owner: String,
        page_token: String,
    ) -> Result<(Vec<Self>, String), CallError> {
        let request =
            ListSupportRequestsRequest { enterprise: owner, page_size: PAGE_ROWS, page_token };
        let mut client = SupportRequestServiceClient::new(channel);
        let page = call::answer(client.list_support_requests(request).await)?;
        Ok((page.requests, page.next_page_token))
    }
}

impl Writable for SupportRequest {
    const FIELDS: &'static [Field<Self>] = &[
        by_node("id", |record| Slot::Name(&mut record.name, Self::COLLECTION)),
        by_node("etag", |record| Slot::Text(&mut record.etag)),
        Field {
            name: "enterprise",
            path: "enterprise",
            stated: Stated::Once,
            slot: |record| Slot::Name(&mut record.enterprise, Enterprise::COLLECTION),
        },
        given("received_on", "received_on", |record| Slot::Text(&mut record.received_on)),
        given("channel", "channel", |record| Slot::Text(&mut record.channel)),
        given("theme", "theme", |record| Slot::Text(&mut record.theme)),
        by_node("state", |record| Slot::Word(&mut record.state, STATES)),
        by_node("assigned_on", |record| Slot::Text(&mut record.assigned_on)),
        by_node("escalated_on", |record| Slot::Text(&mut record.escalated_on)),
        by_node("first_answered_on", |record| Slot::Text(&mut record.first_answered_on)),
        by_node("closed_on", |record| Slot::Text(&mut record.closed_on)),
        given("referent", "identity.referent", |record| {
            Slot::Text(&mut record.identity.get_or_insert_default().referent)
        }),
        given("question", "identity.question", |record| {
            Slot::Text(&mut record.identity.get_or_insert_default().question)
        }),
    ];

    const REQUIRED: &'static [&'static str] = &["enterprise", "received_on"];

    fn blank() -> Self {
        Self { channel: "_U".into(), theme: "_U".into(), ..Self::default() }
    }

    writes_through! {
        SupportRequestServiceClient, request,
        create_support_request(CreateSupportRequestRequest),
        update_support_request(UpdateSupportRequestRequest)
    }
}
