//! What goes wrong by itself.

/// Something that goes wrong by itself, every now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A container's program ends.
    ContainerExit,
    /// A container's program gets stuck: it ignores being asked to end, and its check fails for a while.
    ContainerStuck,
    /// Somebody removes a container by hand.
    ContainerRemoved,
    /// Whatever runs an image ends again soon after it was started, for a while.
    ImageBad,
    /// An image cannot be had for a while.
    ImageMissing,
    /// An engine does not answer for a while.
    EngineAway,
    /// An engine is restarted and all its containers end.
    EngineRestart,
    /// A host's network is gone for a while.
    LinkCut,
    /// A host's network carries words one way only, for a while.
    LinkOneWay,
    /// Words of one direction of a link are held up for a while.
    LinkHeldUp,
    /// The host that runs what may run only once is cut off for longer than any lease, and what runs ignores being asked to end.
    ExclusiveCut,
    /// A host's network comes and goes, again and again.
    HostFlaps,
    /// Most hosts are cut off, or lose their power, at about the same time.
    MassLoss,
    /// An agent is killed and started again.
    AgentKilled,
    /// An agent is there, and takes nothing in for a while.
    AgentWedged,
    /// A host loses its power, and has it again later.
    HostOff,
    /// A host is restarted.
    HostReboot,
    /// Nothing can be written on a host for a while.
    DiskFull,
    /// A host's notebook cannot be read any more when its agent is started again, which happens now.
    NotebookLost,
    /// What a host's notebook has beside its page, the contents of configs and credentials, is torn when its agent is started
    /// again, which happens now.
    ContentsTorn,
    /// A machine's wall clock is set to another time.
    ClockSet,
    /// A server is killed, between any two of its outputs, and started again.
    ServerKilled,
    /// A server is not there for minutes.
    ServerAway,
    /// A server is stopped as planned, and not there for minutes.
    ServerStopped,
    /// A server is there, and takes nothing in for a while.
    ServerPaused,
    /// A server's watch cannot go on where it was: it has to read everything again.
    WatchLost,
    /// A server's watch tells nothing for a while.
    WatchLate,
    /// The store forgets how it came to be as it is.
    Compaction,
    /// All users want something at once.
    UsersHurry,
}

/// All kinds.
pub const KINDS: [Kind; 29] = [
    Kind::ContainerExit,
    Kind::ContainerStuck,
    Kind::ContainerRemoved,
    Kind::ImageBad,
    Kind::ImageMissing,
    Kind::EngineAway,
    Kind::EngineRestart,
    Kind::LinkCut,
    Kind::LinkOneWay,
    Kind::LinkHeldUp,
    Kind::ExclusiveCut,
    Kind::HostFlaps,
    Kind::MassLoss,
    Kind::AgentKilled,
    Kind::AgentWedged,
    Kind::HostOff,
    Kind::HostReboot,
    Kind::DiskFull,
    Kind::NotebookLost,
    Kind::ContentsTorn,
    Kind::ClockSet,
    Kind::ServerKilled,
    Kind::ServerAway,
    Kind::ServerStopped,
    Kind::ServerPaused,
    Kind::WatchLost,
    Kind::WatchLate,
    Kind::Compaction,
    Kind::UsersHurry,
];

impl Kind {
    /// In words; also its name in the counts.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ContainerExit => "container exits",
            Self::ContainerStuck => "container hangs",
            Self::ContainerRemoved => "container removed by hand",
            Self::ImageBad => "image crashes",
            Self::ImageMissing => "image missing",
            Self::EngineAway => "engine away",
            Self::EngineRestart => "engine restarted",
            Self::LinkCut => "link cut",
            Self::LinkOneWay => "link one way only",
            Self::LinkHeldUp => "link held up",
            Self::ExclusiveCut => "exclusive host cut",
            Self::HostFlaps => "host flaps",
            Self::MassLoss => "hosts lost together",
            Self::AgentKilled => "agent killed",
            Self::AgentWedged => "agent wedged",
            Self::HostOff => "host powered off",
            Self::HostReboot => "host rebooted",
            Self::DiskFull => "disk full",
            Self::NotebookLost => "notebook lost",
            Self::ContentsTorn => "contents torn",
            Self::ClockSet => "wall clock set",
            Self::ServerKilled => "server killed",
            Self::ServerAway => "server away",
            Self::ServerStopped => "server stopped as planned",
            Self::ServerPaused => "server paused",
            Self::WatchLost => "watch lost",
            Self::WatchLate => "watch late",
            Self::Compaction => "store compacted",
            Self::UsersHurry => "users hurry",
        }
    }

    /// The shortest usual time between two of them, milliseconds.
    pub(super) const fn gap(self) -> u64 {
        match self {
            Self::ContainerExit => 2_000,
            Self::ContainerStuck | Self::ContainerRemoved | Self::LinkHeldUp => 5_000,
            Self::LinkCut | Self::AgentKilled | Self::WatchLost | Self::UsersHurry => 10_000,
            Self::ImageMissing | Self::LinkOneWay | Self::AgentWedged | Self::WatchLate => 15_000,
            Self::EngineAway
            | Self::EngineRestart
            | Self::DiskFull
            | Self::ClockSet
            | Self::ServerKilled
            | Self::Compaction => 20_000,
            Self::ImageBad
            | Self::HostOff
            | Self::HostReboot
            | Self::ServerPaused
            | Self::HostFlaps
            | Self::ExclusiveCut => 30_000,
            Self::NotebookLost | Self::ContentsTorn | Self::MassLoss => 40_000,
            Self::ServerAway | Self::ServerStopped => 120_000,
        }
    }

    /// Whether it is about servers, their store or their users: hosts are well all the while.
    pub(super) const fn spares_hosts(self) -> bool {
        matches!(
            self,
            Self::ClockSet
                | Self::ServerKilled
                | Self::ServerAway
                | Self::ServerStopped
                | Self::ServerPaused
                | Self::WatchLost
                | Self::WatchLate
                | Self::Compaction
                | Self::UsersHurry
        )
    }
}
