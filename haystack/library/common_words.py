"""Words of everyday log lines: in a literal they add length but tell nothing.

Counted on logs of clouds in good health: what stands in more than one of four hundred lines.
"""

from __future__ import annotations

COMMON_WORDS = frozenset(
    """
    a accept access acpi acquired acquiring acting active added addr address admin advantage after agent agents all
    allocation allocations allowed amd amqp an and api app apparmor apt archive args arp asctime at attempt
    attempting attr attributes audit auth availability back backend base based be before bespoke bin bind binding
    block body boot bound bridge build bus by byte bytes cache cached calculated call callbacks calling can canal
    candidate cannot cell ceph certificates cfg change changed charm check child cib cinder class client closed
    cloud cloudinit cluster cmdline code com comm command common complete completed compute concurrency conf config
    configuration configure configured confine conn connect connection connections connmgr context control controld
    controller cookie core could count cpu create created creating crm cron crt daemon data database date debug
    default delete deleted dependency details detected dev device devices dfsg dhcp dict did dir directory disabled
    disk dist dns dnsmasq do does domain down dpkg driver drivers duration elapsed empty enabled end endpoint
    enforcement engine engines ens enum epoch errno error errors etc etcd etcdctl euid event eventlet events
    exception exclude excluded execute exist exists explicit external extra fail failed failing failure false family
    feature features fields file filename files filter find finish fixed flags flow flows focal for force format
    found frequency from front fsuid funcname generated generic get glance global got group groups grub had half
    handle handler handlers hard has have headers held helper helpers high home hook hooks host hostname http https
    id identity idle ids if ifla image impl in incomplete info information ini init initializing inner input inputs
    install installation installed instance instances instantiate instructions int integration interface internal
    interval into invalid invoking ipv ironic irq is it iteration its joined json juju kernel key keystone kube
    kubernetes last layer leader lease len length les levelname levelno lib libc libvirt limit limits line lineno
    linux lis list listeners listening load loaded local locals lock lockutils log logger logging loop lpr lxd mac
    machine main mainprocess man manager manifold manually mask master match max maxcpus mbc mem member memory
    message messaging metadata method microversion missing mlcod mode model mods module modules monitor msecs msg
    mtu mysql name namespace native net network networks neutron new no node nofile none not notice notify nov nova
    nsec null num number oauth object objects obtain of ofctl ofpflowstats ofpflowstatsreply ofpflowstatsrequest
    ofpmatch ofport ofswitch on once only open opened openflow openstack openvswitch operation opt option options or
    osapi osd oslo ouid out over ovs ovsdb owner oxm pacemaker package packages packet pam password path pathname
    pci pecan peer peering pending pengine per periodic perl permitted pid placement please plugin plugins policy
    polling pool port ports post preparing present previously primary priority private privsep process processed
    processes processing processmonitor profile project protocol provided provider providers provides proxy publish
    put pwd pymysql python qemu qos query quiet rabbit rabbitmq ran rbac rconn reactive read reading ready receiver
    reg registered regular relation relations relative release released remove removed reply report req request
    requested requestlog requests required requires resize resource resources response result retries retrieved
    retry retrying return returned rocksdb role roles root rootwrap route router routers rpc rpcclient run runhook
    running runtime saving scheduler schedulerd scope script sec seconds secret secrets security securitygroups
    segments selecting self sem send server servers service services session set setting setup shared shell show sis
    size skipped slot snap snapd sock socket soft source sqlalchemy ssh ssl stack stage stages standard start
    started starting state statistics stats status step stopped storage string subnets subscribe succeeded success
    successfully such sudo summary sun switches sync sys system systemd table tag tap target task taskflow tasks tcp
    template tenant that the this thread time timed timeout timestamp tls to token took tools transition
    transitioned triggers true trying tun type types uaclient uid unable unexpected unit uniter unix unknown unpack
    unpacked unpacking unselected up upacting update updated updating upgrade upload url urllib usable usb use used
    user using usr utc util utils uuid valid validate value values var vars vault vendor version vhost via vif vim
    virt virtio vlan volume volumes waited waiting warn warning was were when while will with worker write writing
    wsgi xid yaml yes
    """.split()
)
