//! The ways to talk to GitHub that are compared, each behind the same three calls.
use std::error::Error;

use agents_api::Repo;
use agents_api::raw::{self, types};
use agents_api_emulator::DEFAULT_TOKEN;
use octocrab::Octocrab;

use crate::by_hand;

/// A failure of any of them.
pub(crate) type Failure = Box<dyn Error>;

/// Who makes the calls.
pub(crate) enum Peer {
    /// reqwest and structs.
    ByHand { http: reqwest::Client, base: String },
    /// octocrab's generic calls, decoding into the same structs.
    Octocrab(Octocrab),
    /// octocrab's calls and types for agent tasks.
    OctocrabTyped(Octocrab),
    /// The generated layer alone.
    Raw(raw::Client),
    /// The library.
    Library(Repo),
}

impl Peer {
    pub(crate) fn new(name: &str, base: &str) -> Result<Self, Failure> {
        Ok(match name {
            "by-hand" => Self::ByHand {
                http: by_hand::client(DEFAULT_TOKEN)?,
                base: base.to_owned(),
            },
            "octocrab" => Self::Octocrab(octocrab(base)?),
            "octocrab-typed" => Self::OctocrabTyped(octocrab(base)?),
            "raw" => {
                let config = raw::RequestConfig::new().bearer_token(DEFAULT_TOKEN)?;
                Self::Raw(raw::Client::new(base, config)?)
            }
            "library" => {
                let builder = agents_api::Client::builder().base_url(base).token(DEFAULT_TOKEN);
                Self::Library(builder.build()?.repo("octocat", "hello-world")?)
            }
            other => return Err(format!("no peer is called {other}").into()),
        })
    }

    /// Gets a task.
    pub(crate) async fn get(&self, id: &str) -> Result<(), Failure> {
        match self {
            Self::ByHand { http, base } => {
                let url = format!("{base}/agents/repos/octocat/hello-world/tasks/{id}");
                let answer = http.get(url).send().await?.error_for_status()?;
                drop(answer.json::<by_hand::Task>().await?);
            }
            Self::Octocrab(crab) => {
                let route = format!("/agents/repos/octocat/hello-world/tasks/{id}");
                drop(crab.get::<by_hand::Task, _, _>(route, None::<&()>).await?);
            }
            Self::OctocrabTyped(crab) => {
                drop(
                    crab.repos("octocat", "hello-world")
                        .agents()
                        .tasks()
                        .get(id)
                        .await?,
                );
            }
            Self::Raw(client) => {
                let call = client.get_task_for_repo().owner("octocat").repo("hello-world");
                drop(call.task_id(id).send().await?.into_inner());
            }
            Self::Library(repo) => drop(repo.task(id).get().await?),
        }
        Ok(())
    }

    /// Starts a task.
    pub(crate) async fn start(&self) -> Result<(), Failure> {
        const PROMPT: &str = "Fix the login button on the homepage. script:stays-queued";
        let start = by_hand::Start {
            prompt: PROMPT,
            base_ref: "main",
            create_pull_request: true,
        };
        match self {
            Self::ByHand { http, base } => {
                let url = format!("{base}/agents/repos/octocat/hello-world/tasks");
                let answer = http.post(url).json(&start).send().await?.error_for_status()?;
                drop(answer.json::<by_hand::Task>().await?);
            }
            Self::Octocrab(crab) => {
                let route = "/agents/repos/octocat/hello-world/tasks";
                drop(crab.post::<_, by_hand::Task>(route, Some(&start)).await?);
            }
            Self::OctocrabTyped(crab) => {
                let tasks = crab.repos("octocat", "hello-world");
                drop(tasks.agents().tasks().start(&start).await?);
            }
            Self::Raw(client) => {
                let body = types::StartTask::builder().prompt(PROMPT.to_owned());
                let body = body.base_ref("main".to_owned()).create_pull_request(true);
                let call = client.start_task().owner("octocat").repo("hello-world");
                drop(call.body(body).send().await?.into_inner());
            }
            Self::Library(repo) => {
                let start = repo.start_task(PROMPT).base_ref("main");
                drop(start.create_pull_request(true).await?);
            }
        }
        Ok(())
    }

    /// Gets a page of 100 tasks, with its headers where the peer gives them.
    pub(crate) async fn page(&self, number: u64) -> Result<usize, Failure> {
        Ok(match self {
            Self::ByHand { http, base } => {
                let url = format!("{base}/agents/repos/octocat/hello-world/tasks");
                let query = format!("{url}?per_page=100&page={number}");
                let answer = http.get(query).send().await?.error_for_status()?;
                answer.json::<by_hand::TaskList>().await?.tasks.len()
            }
            Self::Octocrab(crab) => {
                let route = format!("/agents/repos/octocat/hello-world/tasks?per_page=100&page={number}");
                let list = crab.get::<by_hand::TaskList, _, _>(route, None::<&()>).await?;
                list.tasks.len()
            }
            Self::OctocrabTyped(crab) => {
                let tasks = crab
                    .repos("octocat", "hello-world")
                    .agents()
                    .tasks()
                    .list()
                    .await?;
                tasks.tasks.len()
            }
            Self::Raw(client) => {
                let call = client.list_tasks_for_repo().owner("octocat").repo("hello-world");
                let answer = call.per_page(100_u64).page(number).send().await?;
                answer.into_inner().tasks.len()
            }
            Self::Library(repo) => {
                let mut pages = repo.list_tasks().per_page(100).start_page(number).pages();
                pages.try_next().await?.map_or(0, |page| page.tasks.len())
            }
        })
    }
}

fn octocrab(base: &str) -> Result<Octocrab, Failure> {
    let builder = Octocrab::builder().base_uri(base)?;
    Ok(builder.personal_token(DEFAULT_TOKEN.to_owned()).build()?)
}
