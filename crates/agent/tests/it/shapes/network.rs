use serde_json::json;

use super::{Shape, shape};

pub fn shapes() -> Vec<Shape> {
    let mut all = ports();
    all.extend(names());
    all.extend(resolver());
    all
}

fn ports() -> Vec<Shape> {
    vec![
        shape(
            "ports expose",
            "ports: ['127.0.0.1:8081:80', '8082:53/udp', '90']\nexpose: [81, '82/udp']",
        )
        .is(
            "/HostConfig/PortBindings",
            json!({
                "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8081"}],
                "53/udp": [{"HostIp": "", "HostPort": "8082"}],
                "90/tcp": [{"HostIp": "", "HostPort": "32000"}],
            }),
        )
        .is(
            "/Config/ExposedPorts",
            json!({"80/tcp": {}, "81/tcp": {}, "82/udp": {}, "53/udp": {}}),
        ),
        shape(
            "ports[].target ports[].published ports[].host_ip ports[].protocol ports[].mode",
            "ports: [{target: 80, published: 8083, host_ip: 127.0.0.1, protocol: udp, mode: host}]",
        )
        .is(
            "/HostConfig/PortBindings",
            json!({"80/udp": [{"HostIp": "127.0.0.1", "HostPort": "8083"}]}),
        ),
    ]
}

fn names() -> Vec<Shape> {
    let other = "  other:\n    image: IMAGE\n    links: ['web:site']\n";
    vec![
        shape("networks", "networks: [default]").is("/HostConfig/NetworkMode", "managed"),
        shape(
            "networks networks.<name>.aliases links",
            "networks: {default: {aliases: [front, www.example.com]}}\ncommand: [sleep, '1000']",
        )
        .rest(other)
        .started()
        .is(
            "/NetworkSettings/Networks/managed/Aliases",
            json!(["…", "web.shop", "front.shop", "www.example.com", "site.shop"]),
        ),
        shape(
            "mac_address",
            "mac_address: 02:42:0a:00:00:05\ncommand: [sleep, '1000']",
        )
        .started()
        .is(
            "/NetworkSettings/Networks/managed/MacAddress",
            "02:42:0a:00:00:05",
        ),
        shape(
            "networks.<name>.mac_address",
            "networks: {default: {mac_address: '02:42:0a:00:00:06'}}\ncommand: [sleep, '1000']",
        )
        .started()
        .is(
            "/NetworkSettings/Networks/managed/MacAddress",
            "02:42:0a:00:00:06",
        ),
        // What a network of one's own takes does not go with another's.
        shape(
            "network_mode",
            "network_mode: host\nmac_address: 02:42:0a:00:00:05\ncommand: [sleep, '1000']",
        )
        .started()
        .is("/HostConfig/NetworkMode", "host"),
        shape("network_mode", "network_mode: none").is("/HostConfig/NetworkMode", "none"),
        shape("net", "net: host").is("/HostConfig/NetworkMode", "host"),
    ]
}

fn resolver() -> Vec<Shape> {
    vec![
        shape("extra_hosts", "extra_hosts: ['a:10.0.0.1', 'b=host-gateway']")
            .is("/HostConfig/ExtraHosts", json!(["a:10.0.0.1", "b:host-gateway"])),
        shape(
            "dns dns_search dns_opt",
            "dns: 10.0.0.2\ndns_search: example.com\ndns_opt: ['timeout:1']",
        )
        .is("/HostConfig/Dns", json!(["10.0.0.2"]))
        .is("/HostConfig/DnsSearch", json!(["example.com", "shop"]))
        .is("/HostConfig/DnsOptions", json!(["timeout:1", "ndots:1"])),
        // Out of the managed network there are no names of the stack to look for.
        shape(
            "dns dns_search dns_opt hostname extra_hosts network_mode",
            "network_mode: host\ndns: 10.0.0.2\ndns_search: example.com\ndns_opt: ['timeout:1']\nhostname: h\nextra_hosts: ['a:10.0.0.1']\ncommand: [sleep, '1000']",
        )
        .started()
        .is("/HostConfig/Dns", json!(["10.0.0.2"]))
        .is("/HostConfig/DnsSearch", json!(["example.com"]))
        .is("/HostConfig/DnsOptions", json!(["timeout:1"]))
        .is("/HostConfig/ExtraHosts", json!(["a:10.0.0.1"]))
        .is("/Config/Hostname", "h"),
    ]
}
