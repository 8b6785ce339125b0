"""Verbs by who does what they tell: people, machines, or either. Nouns that name a deed of people."""

from __future__ import annotations

from closeout_judgement.language.words import word_set

# Somebody did it, or an organisation, even where a machine carried it out.
DEEDS = word_set(
    """
    abandon abort add adjust adopt advise alter amend announce anonymise anonymize appoint apply approve arrange ask
    assemble assign attach attempt audit authorise authorize backfill backport ban bisect block boot bring bump
    bypass calibrate call cancel cease change check choose circulate clean clear clone close comment commit
    communicate compile complete conduct configure consult contact coordinate copy cordon correct craft create cut
    cutover debug decline decommission decrease defer deliver delete demote deploy deprecate describe design develop
    disable disband discard dispatch distribute-by-hand divert document downgrade download draft drain drop
     edit eject enable engage enter erase escalate evacuate exclude exempt expand expedite extend extract
    file finalise finalize finish fix flip flush forward freeze give grant halt hand handle harden hire hotfix
    hotpatch hurry implement import include increase inform initiate insert inspect instal install instruct
    instrument integrate introduce isolate issue keep label launch leak lengthen lift loosen lower maintain make
    manage mandate merge migrate mirror miscalculate misconfigure misread mistype mitigate modify mount move mute
    negotiate nominate notify obtain offload omit onboard open order organise organize overhaul override overwrite
    page park patch pause pin ping place plan point post postpone prepare prioritise prioritize procure prohibit
    promote propose provision publish pull purchase purge push put quarantine question raise re-enable re-image
    re-run reapply re-apply reassign rebalance reboot rebase rebuild recall reclassify recompile reconfigure
    recreate re-create recruit rectify redact redeploy re-deploy redesign redo reduce reenable refactor refresh
    reimage reinstall reinstate relabel relaunch relax release relocate remediate remind remove rename renew reopen
    reorganise repair replace replay repoint reprovision request rerun rescind reschedule reseat reset resize
    resolve restore restrict resubmit resume resurrect retire retitle revert review revise revoke rewire rewrite
    roll rollback rotate schedule scrap seed select send set settle setup shelve shift shorten shut sign signal
    silence simplify skip solve specify stage stop-by-hand strengthen submit suppress suspend swap switch tag take
    teach tell terminate-by-hand test tighten toggle train transfer transition trial trim truncate try tune turn
    tweak unblock undo uninstall unmount unpin unplug update upgrade upload urge vet waive warn whitelist widen wipe
    withdraw withhold write commission allocate-by-hand blocklist blacklist allowlist land ship roll-out rush
    pre-announce do lock unlock increase-by-hand misplace mislabel mistake cherry-pick merge-train fail-over
    failover power reverse undertake activate deactivate reactivate re-activate re-add readd re-introduce
    reintroduce stagger bootstrap investigate query-by-hand triage destroy uncordon unfreeze unpause unpublish
    deprovision de-provision deregister unregister uncomment yank rescue reimburse compensate refund convene educate
    advertise define hard-code hardcode flag reconstruct re-open re-issue reissue re-enter recover-by-hand re-import
    reimport re-index reindex re-seed re-upload reupload rename-by-hand sanitise sanitize scrub wire dismantle
    disassemble phase-out sunset retrofit spec draft budget audit pentest simulate rehearse prototype mock squash
    rework revamp mute-by-hand down-scale downscale upscale upsize downsize right-size over-provision overprovision
    under-provision underprovision outsource subcontract hand-edit side-load re-home rehome re-route-by-hand re-key
    rekey re-encrypt mis-configure mis-set mis-type misapply misdirect misroute mishandle mismanage mis-label
    rebrand repurpose ringfence ring-fence firewall dig nuke torch bin ditch disclose reprimand work-around
    deal-with look-into look-at look-after follow-up respond-to attend-to act-on act-upon carry-out take-down
    tear-down stand-up reach-out sign-off kick-off sort-out think-through account-for plan-for prepare-for cater-for
    allow-for agree-upon communicate-out back-out crank plug unplug bake hand-over call-off type mail-out fat-finger
    """
)
# A human control, passed over: in every tense.
OMISSIONS = word_set(
    """
    miss ignore overlook skip forget dismiss neglect omit disregard bypass underestimate misjudge misinterpret
    misunderstand
    """
)
# Somebody saw, thought or decided it.
FINDINGS = word_set(
    """
    identify confirm determine discover find notice decide investigate suspect conclude agree believe think realise
    realize understand establish observe recognise recognize diagnose isolate pinpoint trace track verify validate
    assume consider choose recommend propose suggest discuss declare acknowledge assess analyse analyze evaluate
    hope deem judge hypothesise hypothesize theorise theorize learn reproduce note remark feel see spot uncover
    unearth deduce surmise speculate guess narrow attribute estimate ascertain foresee anticipate predict
    work-out figure-out find-out rule-out narrow-down track-down point-out come-up-with think-of
    """
)
# A control of people: that it was left out has somebody behind it.
CONTROLS = word_set(
    """
    test check review verify validate follow overlook miss forget ignore dismiss skip neglect omit notify page alert
    inform escalate monitor catch notice detect spot consult communicate document warn read question audit inspect
    execute run deploy merge update renew apply implement complete perform consider anticipate foresee account-for
    plan-for cater-for allow-for prepare-for respond-to act-on follow-up look-at look-into think-of
    clean see observe raise flag report tell rehearse practise practice
    """
)
# Either: people when it is told of the past, machines when it is how things are.
EITHER = word_set(
    """
    restart reload stop start run execute scale retry detect mark perform alert spawn recycle recover reconnect
    disconnect throttle reroute re-route route retrigger power-cycle spin re-execute resync re-sync re-establish
    reestablish register record
    """
)
# Machines, or how things are.
STATES = word_set(
    """
    kill terminate accept acquire affect allocate allow amplify assemble associate balance base bind bottleneck
    bounce buffer bury build cache cause characterise cluster collapse collect combine compose compress comprise
    compromise compute concern connect constrain consume contain convert corrupt count couple crash damage deadlock
    decode decrypt dedicate deem degrade delay delete-by-ttl deny depend derive deserialise deserialize design
    disrupt distribute divide double drop elevate embed emit encode encrypt encounter enqueue evict exceed
    execute-by-cron exhaust expect expire explain expose fetch fill filter flood force leave fork fragment generate
    group hamper hang hash hinder hit host hurt identify-by-id impact imply increment index infer inherit initialise
    initialize intend interrupt invalidate invoke involve know lead limit link load locate log lose map match mean
    measure miss-by-cache multiply need obscure occupy offset orphan overload overrun overwhelm own parse partition
    pass permit persist poll pool populate prevent process produce prolong protect provide query rate-limit read
    receive redirect reflect refuse reject relate render replicate report require reserve retain retrieve return
    round sample saturate scan scatter serialise serialize serve shard share shed show shown slow sort split spool
    spread stall starve stick store strain strand stream stress suppose surprise swamp synchronise synchronize sync
    tie time transform translate transmit trigger trap use wake wedge worsen wrap write-by-app call-by-name display
    name limit lower-by-load queue invite interest locate assign accept reach throttle block deliver-by-mta
    """
)
# What machines pass along, and what they do with it by themselves.
FLOWS = word_set(
    """
    log requests writes reads packets messages jobs connections sessions emails mails events data queries responses
    orders payments records transactions calls tasks webhooks notifications metrics uploads downloads cookies rows
    errors exceptions locks threads processes writes blocks
    """
)
BY_MACHINES = word_set(
    """
    truncate replay drop cancel send return add handle complete finish clear block close open write cut include
    label post reset release flush skip mark terminate kill restart submit copy forward deliver dispatch abort defer
    discard expand hold keep lock move place point pull push put record schedule refuse reroute resume resolve retry
    split start stop suppress swap switch transfer upload delete remove
    """
)
# The noun of something that people do: it "went wrong", "began", "happened" without anybody.
DEED_NOUNS = word_set(
    """
    deploy deployment release change rollout roll-out rollback upgrade migration maintenance patch fix update
    switchover cutover cut-over merge investigation decision overwrite overwriting deletion removal push restart
    reconfiguration refactor refactoring edit modification procedure work downgrade cleanup clean-up copy restore
    restoration reindex reindexing removal replacement installation reinstallation decommissioning provisioning
    redeployment redeploy re-deployment re-deploy hotfix revert reversion troubleshooting debugging triage testing
    diagnosis repair evacuation move relocation rework reboot rebuild
    resize introduction addition activation deactivation enablement re-enablement truncation alteration adjustment
    disabling enabling deploying upgrading removing renaming reverting restarting misconfiguration mis-configuration
    tuning patching cherry-pick merge commit experiment drill rehearsal
    """
)
# In the present they tell how things are: "deployments are handled by hand".
HOW_THINGS_ARE = word_set(
    """
    define hard-code hardcode estimate advertise see feel repurpose flag predict
    anticipate work-around deal-with look-at look-after look-into follow-up respond-to account-for plan-for
    acknowledge request attempt try lock do finish complete ship cut keep create add update check test review
    include call send deliver forward schedule do handle manage implement write address set build compile publish
    release make leave put place sign issue call assume consider think believe understand establish record document
    configure track trace verify validate assign
    """
)
# Things do these by themselves: "the rate dropped" hides nobody, "the table was dropped" does.
BY_ITSELF_TOO = word_set(
    """
    drop revert increase decrease lower move change shift resume finish complete close open switch expand extend
    roll point improve post start stop run fail return clear settle set read cut freeze vary enter leave keep
    maintain
    """
)
# What a deed brings about; in the passive, “caused by the removal of …” hides whoever removed it.
BROUGHT_ABOUT = word_set(
    """
    cause trigger introduce break bring prompt precipitate initiate induce fix resolve solve mitigate remediate
    alleviate correct worsen exacerbate compound
    """
)
# In the passive: a step of people that came late or not at all.
STEPS = word_set("decision investigation rollback fix escalation communication recovery mitigation")
# Whoever tells it is named, or is a thing that shows it.
TELLING = word_set(
    """
    notify report verify confirm say show state announce determine notice indicate reveal inform tell see realise
    realize discover find suggest mean ensure check think believe know explain mention point
    """
)
# How it was done, told after the verb.
MISHAP = frozenset({("by", "mistake"), ("by", "accident"), ("in", "error"), ("by", "hand")})
ON_PURPOSE = word_set("manually deliberately intentionally purposely")
BY_ACCIDENT = word_set(
    """
    accidentally mistakenly inadvertently unintentionally erroneously wrongly incorrectly prematurely unknowingly
    carelessly
    """
)
BY_ITSELF = word_set("automatically")

DONE = DEEDS | FINDINGS
VERBS = frozenset({"fail", "failover"}) | DEEDS | OMISSIONS | FINDINGS | CONTROLS | EITHER | STATES
# The verbs that a particle turns into others.
PHRASAL = frozenset(verb.partition("-")[0] for verb in VERBS if "-" in verb)


def is_deed_noun(word: str) -> bool:
    """Whether the noun names something that people do."""
    return word in DEED_NOUNS or word.removesuffix("s") in DEED_NOUNS
