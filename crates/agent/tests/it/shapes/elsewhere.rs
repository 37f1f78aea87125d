/// Supported keys that no inspected container here shows, with the test that proves each: keys of services rather than
/// containers, and what this engine or kernel does not have. Files are named from `crates/`.
pub const ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "build pull_policy container_name",
        "files/tests/it/keys.rs",
        "image",
    ),
    ("pull_policy", "agent/tests/it/converge.rs", "pull_policies"),
    ("restart", "agent/tests/it/converge.rs", "policies_are_kept"),
    (
        "build.context build.dockerfile build.args build.labels build.target build.network build.shm_size build.platforms build.cache_from build.extra_hosts build.ssh build.no_cache build.pull",
        "files/tests/it/remarks.rs",
        "the_command_that_builds_is_told_whole",
    ),
    (
        "x-muster",
        "files/tests/it/written.rs",
        "own_keys_in_a_file_that_other_tools_read",
    ),
    (
        "scale_policy scale_policy.min",
        "files/tests/it/kept.rs",
        "how_many_a_service_begins_with",
    ),
    (
        "deploy.placement.max_replicas_per_node deploy.placement.preferences deploy.placement.preferences[].spread",
        "files/tests/it/units.rs",
        "spread_over_labels_and_hosts",
    ),
    (
        "deploy.rollback_config",
        "control/tests/it/pace.rs",
        "it_goes_back_as_what_it_goes_back_to_says",
    ),
    (
        "deploy.update_config.max_failure_ratio",
        "control/tests/it/pace.rs",
        "a_rollout_goes_on_while_no_more_fail_than_may",
    ),
    (
        "extends extends.file extends.service",
        "files/tests/it/extends.rs",
        "a_service_begins_as_a_copy",
    ),
    ("profiles", "files/tests/it/units.rs", "profiles"),
    ("scale deploy.replicas", "files/tests/it/units.rs", "scale"),
    (
        "deploy.mode deploy.labels deploy.endpoint_mode",
        "files/tests/it/units.rs",
        "modes_and_labels",
    ),
    (
        "deploy.update_config deploy.update_config.parallelism deploy.update_config.delay deploy.update_config.monitor deploy.update_config.order deploy.update_config.failure_action",
        "files/tests/it/units.rs",
        "updates",
    ),
    (
        "deploy.placement deploy.placement.constraints",
        "files/tests/it/units.rs",
        "constraints",
    ),
    (
        "depends_on depends_on.<name>.condition depends_on.<name>.required",
        "files/tests/it/units.rs",
        "order",
    ),
    (
        "deploy.restart_policy deploy.restart_policy.condition deploy.restart_policy.max_attempts",
        "files/tests/it/keys.rs",
        "restart",
    ),
    (
        "deploy.restart_policy.delay deploy.restart_policy.window",
        "agent/tests/it/converge.rs",
        "the_pace_that_is_asked_for_is_kept",
    ),
    (
        "milli_cpu_reservation deploy.resources.reservations.cpus",
        "files/tests/it/keys.rs",
        "limits",
    ),
    // Not in this engine or kernel: the body of the create stands for them.
    (
        "annotations healthcheck.start_interval storage_opt volumes[].volume.subpath volumes[].bind.recursive blkio_weight blkio_weight_device blkio_config.weight blkio_config.weight_device blkio_config.*[].weight cpu_rt_period cpu_rt_runtime",
        "agent/src/engine/docker/body.rs",
        "what_newer_engines_and_kernels_take",
    ),
    (
        "upgrade_strategy upgrade_strategy.start_first upgrade_strategy.batch_size upgrade_strategy.interval_millis start_on_create",
        "files/tests/it/rancher.rs",
        "the_second_file_is_found_beside_the_first",
    ),
];
