use serde_json::json;

use super::{Shape, shape};

pub fn shapes() -> Vec<Shape> {
    let mut all = memory();
    all.extend(processors());
    all.extend(disks());
    all.extend(kernel());
    all.extend(weights());
    all
}

fn memory() -> Vec<Shape> {
    vec![
        shape(
            "mem_limit mem_reservation memswap_limit",
            "mem_limit: 64m\nmem_reservation: 32m\nmemswap_limit: 96m",
        )
        .is("/HostConfig/Memory", 64 << 20)
        .is("/HostConfig/MemoryReservation", 32 << 20)
        .is("/HostConfig/MemorySwap", 96 << 20),
        shape("memswap_limit", "mem_limit: 64m\nmemswap_limit: -1").is("/HostConfig/MemorySwap", -1),
        shape("mem_swappiness", "mem_swappiness: 0")
            .needs("/sys/fs/cgroup/memory/memory.swappiness")
            .is("/HostConfig/MemorySwappiness", 0),
        shape("oom_kill_disable", "oom_kill_disable: true\nmem_limit: 64m")
            .needs("/sys/fs/cgroup/memory/memory.oom_control")
            .is("/HostConfig/OomKillDisable", true),
        shape(
            "oom_score_adj shm_size",
            "oom_score_adj: 500\nshm_size: 1m",
        )
        .is("/HostConfig/OomScoreAdj", 500)
        .is("/HostConfig/ShmSize", 1 << 20),
        shape(
            "deploy deploy.resources deploy.resources.limits deploy.resources.limits.cpus deploy.resources.limits.memory deploy.resources.limits.pids deploy.resources.reservations deploy.resources.reservations.memory",
            "deploy: {resources: {limits: {cpus: '0.5', memory: 64m, pids: 50}, reservations: {memory: 32m}}}",
        )
        .is("/HostConfig/NanoCpus", 500_000_000)
        .is("/HostConfig/Memory", 64 << 20)
        .is("/HostConfig/PidsLimit", 50)
        .is("/HostConfig/MemoryReservation", 32 << 20),
    ]
}

fn processors() -> Vec<Shape> {
    vec![
        shape(
            "cpus cpu_shares cpuset pids_limit",
            "cpus: 0.5\ncpu_shares: 512\ncpuset: '0'\npids_limit: 100",
        )
        .is("/HostConfig/NanoCpus", 500_000_000)
        .is("/HostConfig/CpuShares", 512)
        .is("/HostConfig/CpusetCpus", "0")
        .is("/HostConfig/PidsLimit", 100),
        shape(
            "cpu_rt_period cpu_rt_runtime",
            "cpu_rt_period: 1s\ncpu_rt_runtime: 1000",
        )
        .needs("/sys/fs/cgroup/cpu/cpu.rt_runtime_us")
        .is("/HostConfig/CpuRealtimePeriod", 1_000_000)
        .is("/HostConfig/CpuRealtimeRuntime", 1_000),
        shape("cpu_quota cpu_period", "cpu_quota: 25000\ncpu_period: 50000")
            .is("/HostConfig/NanoCpus", 500_000_000),
    ]
}

fn disks() -> Vec<Shape> {
    let read = json!([{"Path": "/dev/loop0", "Rate": 1 << 20}]);
    let write = json!([{"Path": "/dev/loop0", "Rate": 2 << 20}]);
    let reads = json!([{"Path": "/dev/loop0", "Rate": 100}]);
    let writes = json!([{"Path": "/dev/loop0", "Rate": 200}]);
    let limited = |keys, service| {
        shape(keys, service)
            .is("/HostConfig/BlkioDeviceReadBps", read.clone())
            .is("/HostConfig/BlkioDeviceWriteBps", write.clone())
            .is("/HostConfig/BlkioDeviceReadIOps", reads.clone())
            .is("/HostConfig/BlkioDeviceWriteIOps", writes.clone())
    };
    vec![
        limited(
            "blkio_config blkio_config.device_read_bps blkio_config.device_write_bps blkio_config.device_read_iops blkio_config.device_write_iops blkio_config.*[].path blkio_config.*[].rate",
            "blkio_config: {device_read_bps: [{path: /dev/loop0, rate: 1m}], device_write_bps: [{path: /dev/loop0, rate: 2m}], device_read_iops: [{path: /dev/loop0, rate: 100}], device_write_iops: [{path: /dev/loop0, rate: 200}]}",
        ),
        limited(
            "device_read_bps device_write_bps device_read_iops device_write_iops",
            "device_read_bps: ['/dev/loop0:1m']\ndevice_write_bps: {/dev/loop0: 2m}\ndevice_read_iops: ['/dev/loop0:100']\ndevice_write_iops: ['/dev/loop0:200']",
        ),
    ]
}

fn weights() -> Vec<Shape> {
    vec![
        shape(
            "blkio_config.weight blkio_config.weight_device blkio_config.*[].weight",
            "blkio_config: {weight: 300, weight_device: [{path: /dev/loop0, weight: 400}]}",
        )
        .needs("/sys/fs/cgroup/blkio/blkio.weight")
        .is("/HostConfig/BlkioWeight", 300),
        shape(
            "blkio_weight blkio_weight_device",
            "blkio_weight: 300\nblkio_weight_device: ['/dev/loop0:400']",
        )
        .needs("/sys/fs/cgroup/blkio/blkio.weight")
        .is("/HostConfig/BlkioWeight", 300),
    ]
}

fn kernel() -> Vec<Shape> {
    vec![
        shape(
            "ulimits ulimits.<name>.soft ulimits.<name>.hard",
            "ulimits: {nofile: {soft: 1000, hard: 2000}}",
        )
        .is(
            "/HostConfig/Ulimits",
            json!([{"Name": "nofile", "Soft": 1000, "Hard": 2000}]),
        ),
        shape("ulimits", "ulimits: {nproc: 100}").is(
            "/HostConfig/Ulimits",
            json!([{"Name": "nproc", "Soft": 100, "Hard": 100}]),
        ),
        shape("sysctls", "sysctls: {net.core.somaxconn: 1024}")
            .is("/HostConfig/Sysctls", json!({"net.core.somaxconn": "1024"})),
    ]
}
