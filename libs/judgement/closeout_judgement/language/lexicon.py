"""Classes of words by what they mean for a promise: study, direction, change; settings, areas, signals."""

from __future__ import annotations

from closeout_judgement.language.words import word_set

# --- verbs of a promise -------------------------------------------------------------------------------------------

# Study, talk or decide: afterwards somebody knows more, and nothing else has changed.
STUDY = word_set(
    """
    investigate explore consider reconsider evaluate re-evaluate reevaluate assess reassess re-assess analyze
    analyse examine inspect study research spike brainstorm discuss debate decide determine agree question wonder
    understand reflect review revisit re-visit compare contrast survey audit diagnose debug troubleshoot deliberate
    ponder rethink re-think contemplate scope estimate clarify prototype experiment ask think learn explain trace
    reproduce weigh gauge probe look inquire enquire identify characterize characterise chat talk meet
    """
)
# A direction: more of something good or less of something bad, with no point at which it is reached.
DIRECTION = word_set(
    """
    address tackle follow adhere respect stick obey prioritize prioritise improve enhance better increase decrease
    strengthen optimize optimise harden reduce minimize minimise maximize maximise raise lower expand extend grow
    boost refine streamline simplify align standardize standardise encourage promote foster educate train teach
    coach remind emphasize emphasise continue strive aim try attempt bolster tighten mature evolve modernize
    modernise stabilize stabilise rework overhaul revamp cleanup polish tune fine-tune clarify focus invest empower
    advocate facilitate support speed accelerate mitigate limit leverage refamiliarize familiarize familiarise
    communicate socialize socialise observe watch pay treat maintain double-check doublecheck keep stay remain be
    become commit prepare ease adapt adjust progress strengthen solidify sharpen deepen broaden shorten help hope
    push work share
    """
)
# A change that is there or not afterwards.
CHANGE = word_set(
    """
    add create remove delete drop replace fix set configure reconfigure document write move migrate upgrade
    downgrade enable disable automate switch use implement setup deploy undeploy test include exclude update split
    rename backport revert publish release install uninstall pin block prevent forbid require restrict rotate revoke
    renew build rebuild introduce develop define establish formalize formalise merge deprecate retire decommission
    turn separate provision allocate store keep run rerun schedule convert refactor rewrite port wrap expose
    instrument log record track alert page notify warn send route redirect cache index partition shard scale resize
    seed backup restore archive purge clean parallelize parallelise isolate decouple detach attach connect
    disconnect subscribe register unregister assign appoint hire order buy purchase cordon drain reboot restart
    redeploy patch validate verify check enforce gate reject refuse abort fail roll rollback stop start make ensure
    guarantee allow permit deny grant return report display show annotate label tag mark link describe detail list
    compile gather collect capture annotate import export copy sync synchronize synchronise monitor measure apply
    change modify edit correct repair resolve repoint bump stage ship land open close file raise issue inform
    contact tell email announce post adopt integrate incorporate consolidate centralize centralise containerize
    containerise codify version encrypt sign scan lint disband shut disallow whitelist blacklist allowlist denylist
    throttle rate-limit ratelimit retry handle catch swap reset reduce complete finish finalize finalise perform
    conduct avoid mix modify re-introduce reintroduce re-enable reenable reinstate request submit push pull unify
    generalize put place bring get give provide offer have need support design draft rehearse practice practise
    simulate drill exercise persist serialize serialise parse sanitize sanitise escape quote cap bound increment
    randomize jitter tear hook wire plug embed bundle package vendor fork mirror replicate duplicate deduplicate
    truncate vacuum reindex recreate re-create regenerate generate populate backfill reconcile recover unblock ban
    blocklist enrol enroll onboard offboard ignore skip suppress silence mute escalate extract abstract override
    """
)
# They only say that what follows holds, or goes on.
ENSURE = word_set("ensure guarantee verify assure confirm validate make")
# What somebody is to do again and again, or to be.
HABIT_ADVERBS = word_set("always regularly periodically manually carefully routinely continually constantly often")
MODALS = word_set("should must will shall would could can might may need needs ought")
ASKING = word_set(
    """
    how what why which who when where whether can could should is are was were do does did would will any if has
    have
    """
)

# --- comparison without a measure ---------------------------------------------------------------------------------

COMPARATIVE = word_set(
    """
    clear better more less fewer easier faster safer stronger clearer smoother closer earlier sooner quicker cleaner
    simpler harder tighter richer wider broader deeper higher lower greater finer smarter improved enhanced robust
    resilient appropriate adequate sufficient proper properly reasonable sensible optimal effective effectively
    efficient efficiently adequately sufficiently appropriately carefully careful proactive proactively vigilant
    mindful aware cautious diligent gracefully sustainable scalable reliable reliably seamless meaningful best
    stricter thorough thoroughly
    """
)
