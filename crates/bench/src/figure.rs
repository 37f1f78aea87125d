//! A measured figure and its goal.

use std::time::Duration;

use serde::Serialize;

/// One line of the report.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: &'static str,
    /// Our side.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// The other side, where there is one.
    pub peer: Option<f64>,
    /// Ours over the peer's, within rounds.
    pub ratio: Option<f64>,
    /// Of the ratio where there is one, else of the value.
    pub goal: &'static str,
}

/// The middle one.
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which this part of the values lies (nearest rank).
pub fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank"
    )]
    let rank = ((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len().max(1));
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

/// Milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
