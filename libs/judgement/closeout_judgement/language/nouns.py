"""Classes of nouns: fields of work, what watches, signals, what can be set, what can be looked at, people."""

from __future__ import annotations

from closeout_judgement.language.words import word_set

# A whole field of work: one can always do more in it.
AREA = word_set(
    """
    monitoring alerting observability logging reliability resilience resiliency availability visibility
    documentation docs process processes procedure procedures communication communications communicating
    communication training awareness testing tests coverage quality performance stability security tooling tools
    capacity scalability governance knowledge practices practice culture understanding collaboration coordination
    handling management maintenance configuration fixes fix improvements improvement changes hygiene standards
    guidelines strategy strategies approach planning response responsiveness robustness maturity alignment ownership
    transparency experience infrastructure architecture pipeline pipelines system systems safeguards safeguard
    alerts alarms metrics dashboards detection debugging diagnostics instrumentation telemetry tracing paging
    notifications notification escalation onboarding oncall on-call review reviews expectations workflow workflows
    setup access redundancy failover automation support backups sharing things issues issue problems problem code
    environment environments mechanism mechanisms codebase
    """
)
# Watching is testable only once it says what is watched.
WATCHING = word_set(
    """
    monitoring alerting alert alerts alarm alarms observability logging metrics metric dashboards dashboard paging
    visibility instrumentation telemetry tracing monitor monitors notifications notification healthcheck
    """
)
SIGNAL = word_set(
    """
    usage utilisation utilization latency latencies rate rates error errors count counts depth size sizes code codes
    failure failures memory cpu disk space inode inodes expiry expiration lag timeout timeouts unhealthy healthy
    response throughput exception exceptions backlog queue iops connections saturation budget threshold thresholds
    limit limits load restart restarts crash crashes oom drop drops spike spikes growth age duration durations
    percentage quota quotas temperature certificates certificate cert availability uptime downtime mismatch
    mismatches consumption traffic requests volume retries events messages replication heartbeat absence billing
    cost costs 5xx 4xx 500 500s 502 503 504 504s 404 429 slowness stuck missing failing failed unavailable
    """
)
# A value that can be set: "increase the timeout" is done or not.
SETTABLE = word_set(
    """
    timeout timeouts ttl ttls retention interval intervals threshold thresholds replicas replica quota quotas limit
    limits size memory heap pool connections workers threads concurrency period delay frequency disk nodes node
    partitions buffer shards shard lifetime expiry retries budget verbosity level priority weight limitrange
    limitranges requests
    """
)

# Soft things, of which there is always more or less.
SOFT = word_set(
    """
    cleanup clean-up communication communications training awareness governance knowledge understanding coordination
    collaboration culture ownership transparency visibility hygiene planning quality discipline vigilance diligence
    attention caution care
    """
)

PEOPLE = word_set(
    """
    personnel crew vendor provider supplier attacker attackers hacker company community reviewer reviewers colleague
    leadership management owner owners dba dbas sre sres member members group we i you he she they somebody someone
    nobody everybody everyone team teams engineer engineers developer developers operator operators admin admins
    administrator administrators maintainer maintainers user users customer customers staff responder responders
    manager managers colleague colleagues contributor contributors people person oncall on-call
    """
)
# Of these there is one more, or none: somebody can look.
COUNTABLE = word_set(
    """
    tests testing alerts alarms process processes backups dashboards mechanism mechanisms setup failover detection
    metrics notifications notification support access redundancy pipeline pipelines environment environments code
    standards guidelines procedure procedures workflow workflows changes fix fixes review reviews system systems
    review
    """
)
# Many of a kind, and none in particular.
KINDS = word_set(
    """
    tests runbooks playbooks scripts bugs issues problems docs documentation alerts dashboards procedures processes
    policies guidelines monitoring alerting logging safeguards checks tooling tools infrastructure dependencies
    configuration
    """
)
INQUIRY = word_set(
    """
    investigation analysis retrospective discussion evaluation assessment research spike exploration study
    brainstorming
    """
)
# Of these there is a number, which somebody sets.
NUMBERED = SETTABLE | word_set(
    """
    pods instances servers hosts machines brokers consumers processes slots agents runners executors zones regions
    copies
    """
)
