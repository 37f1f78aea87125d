use std::process::ExitCode;

use muster_model::view::StackRevisionView;

use crate::client::{Client, segment};
use crate::print::{self, Output, Table};

/// Lists a stack's revisions, the newest last.
pub async fn run(client: &Client, stack: &str, output: Output) -> anyhow::Result<ExitCode> {
    let path = client.env(&format!("/stacks/{}/revisions", segment(stack)));
    let revisions: Vec<StackRevisionView> = client.all(&path).await?;
    print::listing(output, &revisions, |_| table(&revisions))?;
    Ok(ExitCode::SUCCESS)
}

fn table(revisions: &[StackRevisionView]) -> Table {
    let mut table = Table::new(&["REVISION", "WHEN", "BY", "", "IMAGES"]);
    for revision in revisions {
        let images: Vec<String> = revision
            .images
            .iter()
            .map(|(service, image)| format!("{service}={image}"))
            .collect();
        let mut notes = Vec::new();
        notes.extend(revision.current.then(|| "current".to_owned()));
        notes.extend(revision.rollback_of.map(|of| format!("back to {of}")));
        table.row(vec![
            revision.number.to_string(),
            format!("{} ago", print::age(revision.at)),
            revision.by.as_ref().map(ToString::to_string).unwrap_or_default(),
            notes.join(", "),
            images.join(", "),
        ]);
    }
    table
}
