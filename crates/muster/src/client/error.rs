//! What the server says when it does not do something.

use std::fmt;

use hyper::Response;
use hyper::body::Incoming;
use muster_model::view::Problem;

/// A problem answer.
#[derive(Debug)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// The problem, if the answer was one.
    pub problem: Option<Problem>,
}

impl ApiError {
    /// Reads the answer.
    pub(super) async fn of(response: Response<Incoming>) -> Self {
        let status = response.status().as_u16();
        let body = super::read_whole(response).await.unwrap_or_default();
        Self {
            status,
            problem: serde_json::from_slice(&body).ok(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(problem) = &self.problem else {
            return write!(
                f,
                "the server answered {} and said nothing more; is this a Muster server?",
                self.status
            );
        };
        f.write_str(&problem.detail)?;
        if self.status == 401 {
            f.write_str("; log in with `muster login URL`")?;
        }
        problem
            .diagnostics
            .iter()
            .try_for_each(|diagnostic| write!(f, "\n  {diagnostic}"))
    }
}

impl std::error::Error for ApiError {}
