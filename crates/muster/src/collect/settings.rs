//! Which files and profiles a command is about: its flags, then `COMPOSE_*` variables, then what lies here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use muster_model::limits::SOURCE_BYTES_MAX;

use super::{Budget, Outside};
use crate::cli::ProjectArgs;

/// Names that compose files go by; the first that is there counts.
pub const COMPOSE_NAMES: &[&str] = &[
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

/// What to read.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Compose files, in the order they are merged.
    pub files: Vec<PathBuf>,
    /// Files of variables instead of `.env`.
    pub env_files: Vec<PathBuf>,
    /// Profiles that are on.
    pub profiles: Vec<String>,
    /// What is done about files outside the project's directory.
    pub outside: Outside,
}

impl Wanted {
    /// What the flags say, then the `COMPOSE_*` variables that other tools read, then what lies in this directory.
    pub fn of(args: &ProjectArgs) -> anyhow::Result<Self> {
        let settings = Settings::of(args);
        let mut profiles = args.profiles.clone();
        let others = settings.list("COMPOSE_PROFILES", ",");
        profiles.extend(others.iter().map(|name| name.trim().to_owned()));
        let outside = match args.allow_outside {
            true => Outside::Read,
            false => Outside::Refuse,
        };
        Ok(Self {
            files: files(&args.files, &settings)?,
            env_files: env_files(args),
            profiles,
            outside,
        })
    }

    /// One file, to look at.
    pub fn one(file: &Path) -> Self {
        Self {
            files: vec![file.to_owned()],
            env_files: Vec::new(),
            profiles: vec!["*".to_owned()],
            outside: Outside::Skip,
        }
    }
}

/// `COMPOSE_*` variables: those of the shell, then those of the project's files of variables.
struct Settings(BTreeMap<String, String>);

impl Settings {
    fn of(args: &ProjectArgs) -> Self {
        let mut files = env_files(args);
        if files.is_empty() {
            let beside = args.files.first().and_then(|file| file.parent());
            files.push(beside.unwrap_or(Path::new("")).join(".env"));
        }
        // What is wrong with them is said when the project is read.
        let bytes = files
            .iter()
            .filter_map(|file| Budget(SOURCE_BYTES_MAX).read(file).ok());
        Self(
            bytes
                .flat_map(|bytes| muster_files::variables_of(&bytes))
                .collect(),
        )
    }

    fn text(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().or_else(|| self.0.get(name).cloned())
    }

    fn list(&self, name: &str, separator: &str) -> Vec<String> {
        split(&self.text(name).unwrap_or_default(), separator)
    }
}

/// Those of `.env` come too late to say where `.env` is.
fn env_files(args: &ProjectArgs) -> Vec<PathBuf> {
    if !args.env_file.is_empty() {
        return args.env_file.clone();
    }
    let text = std::env::var("COMPOSE_ENV_FILES").unwrap_or_default();
    split(&text, ",").into_iter().map(PathBuf::from).collect()
}

fn split(text: &str, separator: &str) -> Vec<String> {
    let parts = text.split(separator).filter(|part| !part.trim().is_empty());
    parts.map(str::to_owned).collect()
}

fn files(given: &[PathBuf], settings: &Settings) -> anyhow::Result<Vec<PathBuf>> {
    if !given.is_empty() {
        return Ok(given.to_vec());
    }
    let separator = settings.text("COMPOSE_PATH_SEPARATOR");
    let named = settings.list("COMPOSE_FILE", separator.as_deref().unwrap_or(":"));
    if !named.is_empty() {
        return Ok(named.into_iter().map(PathBuf::from).collect());
    }
    let here = |name: &str| Some(PathBuf::from(name)).filter(|path| path.is_file());
    let Some(first) = COMPOSE_NAMES.iter().find_map(|name| here(name)) else {
        anyhow::bail!(
            "there is no compose file here ({}); name one with -f",
            COMPOSE_NAMES.join(", ")
        );
    };
    let stem = first
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let over = ["yaml", "yml"]
        .iter()
        .find_map(|end| here(&format!("{stem}.override.{end}")));
    Ok([Some(first), over].into_iter().flatten().collect())
}
