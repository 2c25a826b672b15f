//! `essaim answer`: answers given to support requests, after they were given.

use anyhow::bail;
use prost_types::FieldMask;
use serde_json::json;
use tonic::transport::Channel;

use crate::{
    cli::{
        Done,
        args::records::{AnswerCommand, FollowUpArgs, RateArgs, UpdateAnswerArgs, YesOrNo},
        call::{self, CallError, PAGE_ROWS},
        output::Fields,
        records::{self, Readable, Step, field, field::id, request::text_of, show},
    },
    wire::generated::hub::{
        Answer, AnswerIdentity, FollowUp, FollowUpAnswerRequest, GetAnswerRequest,
        ListAnswersRequest, RateAnswerRequest, SupportRequest, UpdateAnswerRequest,
        support_request_service_client::SupportRequestServiceClient,
    },
};

/// Runs one of the commands.
pub(in crate::cli) fn run(command: &AnswerCommand) -> anyhow::Result<Done> {
    call::block_on(async {
        match command {
            AnswerCommand::Update(args) => update(args).await,
            AnswerCommand::Rate(args) => rate(args).await,
            AnswerCommand::FollowUp(args) => follow_up(args).await,
            AnswerCommand::Get(args) => records::get::<Answer>(args).await,
            AnswerCommand::List(args) => {
                let owner = args.request.map(records::name::<SupportRequest>);
                records::list::<Answer>(&args.list, owner.unwrap_or_default()).await
            }
        }
    })
}

async fn update(args: &UpdateAnswerArgs) -> anyhow::Result<Done> {
    let UpdateAnswerArgs { answered_on, kind, remote_expertise, text, text_file, .. } = args;
    let text = text_file.as_deref().map(text_of).transpose()?.or_else(|| text.clone());
    let stated = [
        ("answered_on", answered_on.is_some()),
        ("kind", kind.is_some()),
        ("remote_expertise", remote_expertise.is_some()),
        ("identity.text", text.is_some()),
    ];
    let paths = stated.iter().filter(|(_, stated)| *stated);
    let paths: Vec<_> = paths.map(|(path, _)| (*path).to_owned()).collect();
    if paths.is_empty() {
        bail!("No change is stated; name a field, as in --kind CODE");
    }
    let step = Step::of::<Answer>(args.id, args.etag, &args.write).await?;
    let answer = Answer {
        name: step.name,
        etag: step.etag,
        answered_on: answered_on.map(|day| day.to_string()).unwrap_or_default(),
        kind: kind.clone().unwrap_or_default(),
        remote_expertise: remote_expertise.clone().unwrap_or_default(),
        identity: text.map(|text| AnswerIdentity { text }),
        ..Answer::default()
    };
    let request = UpdateAnswerRequest {
        answer: Some(answer),
        update_mask: Some(FieldMask { paths }),
        request_id: step.request_id,
    };
    let mut client = SupportRequestServiceClient::new(step.channel);
    let called = call::answer(client.update_answer(request).await);
    let called = called.map_err(|error| records::in_flags(error, field::flag_of_change));
    show(&args.write.call, call::settled(called, &step.again)?.answer.unwrap_or_default())
}

async fn rate(args: &RateArgs) -> anyhow::Result<Done> {
    let step = Step::of::<Answer>(args.id, args.etag, &args.write).await?;
    let request = RateAnswerRequest {
        name: step.name,
        etag: step.etag,
        satisfaction: args.satisfaction,
        request_id: step.request_id,
    };
    let mut client = SupportRequestServiceClient::new(step.channel);
    let called = call::answer(client.rate_answer(request).await);
    show(&args.write.call, records::settled(called, &step.again)?.answer.unwrap_or_default())
}

async fn follow_up(args: &FollowUpArgs) -> anyhow::Result<Done> {
    let FollowUpArgs { adopted, funding_minor, step: args } = args;
    let step = Step::of::<Answer>(args.id, args.etag, &args.write).await?;
    let follow_up = FollowUp {
        followed_up_on: args.on.to_string(),
        adopted: *adopted == YesOrNo::Yes,
        funding_minor: *funding_minor,
    };
    let request = FollowUpAnswerRequest {
        name: step.name,
        etag: step.etag,
        follow_up: Some(follow_up),
        request_id: step.request_id,
    };
    let mut client = SupportRequestServiceClient::new(step.channel);
    let called = call::answer(client.follow_up_answer(request).await);
    show(&args.write.call, records::settled(called, &step.again)?.answer.unwrap_or_default())
}

impl Readable for Answer {
    const COLLECTION: &'static str = "answers";
    const COLUMNS: &'static [&'static str] =
        &["id", "request", "answered_on", "kind", "satisfaction", "adopted"];

    fn version(&self) -> (&str, &str) {
        (&self.name, &self.etag)
    }

    fn fields(self) -> Fields {
        let follow_up = self.follow_up.as_ref();
        vec![
            ("id", json!(id(&self.name))),
            ("etag", json!(self.etag)),
            ("request", json!(id(&self.request))),
            ("enterprise", json!(id(&self.enterprise))),
            ("answered_on", json!(self.answered_on)),
            ("kind", json!(self.kind)),
            ("remote_expertise", json!(self.remote_expertise)),
            ("satisfaction", json!(self.satisfaction)),
            ("followed_up_on", json!(follow_up.map(|found| &found.followed_up_on))),
            ("adopted", json!(follow_up.map(|found| found.adopted))),
            ("funding_minor", json!(follow_up.and_then(|found| found.funding_minor))),
            ("text", json!(self.identity.unwrap_or_default().text)),
        ]
    }

    async fn get(channel: Channel, name: String) -> Result<Self, CallError> {
        let request = GetAnswerRequest { name };
        let called = SupportRequestServiceClient::new(channel).get_answer(request).await;
        Ok(call::answer(called)?.answer.unwrap_or_default())
    }

    async fn page(
        channel: Channel,
        owner: String,
        page_token: String,
    ) -> Result<(Vec<Self>, String), CallError> {
        let request = ListAnswersRequest { request: owner, page_size: PAGE_ROWS, page_token };
        let called = SupportRequestServiceClient::new(channel).list_answers(request).await;
        let page = call::answer(called)?;
        Ok((page.answers, page.next_page_token))
    }
}
