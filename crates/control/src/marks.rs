//! Where tests want to know that they have been.

muster_model::marks! {
    UNIT_FORGOTTEN = "control: a unit of which nothing is left is forgotten";
    SERVICE_WOUND_DOWN = "control: a service that nobody wishes is wound down";
    LOST_MOVED = "control: a unit of a lost host is made anew elsewhere";
    LOST_WAITS = "control: a unit of a lost host waits for it";
    EXCLUSIVE_FENCED = "control: an exclusive unit is moved once its host's lease has surely run out";
    EXCLUSIVE_WAITS = "control: an exclusive unit waits for its host's lease to run out";
    SURPLUS_DROPPED = "control: surplus is dropped";
    WAITS_FOR_OLD = "control: a successor waits until the old unit is gone";
    WAITS_FOR_SERVICE = "control: a service waits for one that it depends on";
    NO_HOST = "control: no host can take a unit";
    PORT_TAKEN = "control: a fixed port is taken on a host";
    VOLUME_ELSEWHERE = "control: a unit follows its volume";
    ROLLOUT_OPENED = "control: a rollout begins";
    ROLLOUT_FINISHED = "control: a rollout finishes";
    ROLLOUT_PAUSED = "control: a rollout stops because a new unit failed";
    ROLLING_BACK = "control: a rollout turns round because a new unit failed";
    ROLLED_BACK = "control: a rollout has gone back all the way";
    ROLLOUT_OVERTAKEN = "control: a rollout is overtaken by newer files";
    STARTS_FIRST = "control: a new unit is made beside the old one";
    STOPS_FIRST = "control: a fixed port makes the old unit stop first after all";
    RESTARTED_IN_PLACE = "control: a unit is restarted in place by wish";
    PAUSE_BETWEEN_BATCHES = "control: a rollout pauses between two batches";
    HOST_SUSPECT = "control: a host that came back is suspect until its surplus is gone";
    HOST_LOST = "control: a silent host is taken for lost";
    CONFIRMED_DEAD = "control: somebody says that a silent host is dead";
    CALM_AGAIN = "control: a host that was lost of late has been calm for long enough";
    BRAKE_RELEASED = "control: a host is given up although most fell silent, because somebody says so";
    BRAKE = "control: many hosts fell silent together, and nothing is moved";
    BRAKE_TOLD = "control: a service says that the brake holds a unit of it";
    BRAKE_FOLLOWS = "control: one of them is heard again, and the others are waited for";
    EVACUATED = "control: a unit of an evacuated host gets a replacement before it ends";
    EXCLUSIVE_EVACUATED = "control: an exclusive unit of an evacuated host ends, to be made elsewhere";
    VOLUME_REMOVED = "control: a volume is marked for removal";
}
