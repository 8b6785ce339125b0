"""What the words of a promise intend where the leading verb alone does not say it: direction, talk, habit, change."""

from __future__ import annotations

from closeout_judgement.language.words import word_set


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split("|"))


# More changes that are there or not afterwards.
CHANGES = word_set(
    """
    hide filter toggle destroy bind unbind terminate kill evict rebalance relocate sort group dedupe pause resume
    lock unlock freeze warm prewarm preload prefetch batch chunk paginate rebase preallocate reserve prune trim
    print emit ping poll bootstrap wipe rewire reconnect retarget repurpose templatise templatize parameterise
    parameterize hardcode flatten alias shift distribute power stand flag garbage-collect de-couple decommission
    sunset unpin untangle
    """
)
# More of something, or on with it; no point at which it is reached.
VERBS = word_set(
    """
    reinforce fortify cultivate nurture instil instill embrace foster reemphasize re-emphasise upskill up-skill
    crosstrain cross-train mentor retrain re-train familiarise reorganise reorganize rationalise rationalize
    professionalise professionalize elevate uplift amplify augment alleviate lessen diminish deprioritise
    deprioritize fine-tune
    """
)
PHRASES = _phrases(
    """
    push forward | push ahead | push on with | push for | move forward | move ahead | press ahead | press on |
    press forward | forge ahead | carry on | keep going | keep on | keep working | keep improving | go on with |
    proceed with | double down | ramp up | beef up | step up | shore up | firm up | flesh out | round out |
    build out | level up | skill up | iterate on | catch up on | cut down on | drive down | drive up |
    get on top of | get a handle on | get a grip on | up our game | build confidence | build trust | build up |
    build resilience | build knowledge | gain confidence | gain visibility | gain insight | gain experience |
    gain more | gain a better | get visibility | get insight | get everyone | get people |
    make progress | make improvements | make further improvements | make some improvements |
    make several improvements | make a number of improvements | make enhancements | make optimisations |
    make optimizations | implement improvements | introduce improvements | take steps to ensure |
    take steps to prevent | take steps to avoid | take steps to improve | take steps to reduce | take measures |
    take precautions | take action to | put effort | put more effort | put emphasis | put focus | put a focus |
    place emphasis | devote time | dedicate time | spend time | set aside time | find time | lead by example |
    bring awareness | create awareness | build awareness | spread awareness | spread knowledge | spread the word |
    get familiar | become familiar | have confidence | have visibility | make it a priority |
    make this a priority
    """
)
# Study, talk or agreement, where the verb alone would not say so.
STUDY_PHRASES = _phrases(
    """
    get clarity | gain clarity | seek clarity | seek advice | get advice | get feedback | gather feedback |
    collect feedback | solicit feedback | seek feedback | get input | gather input | seek input | get opinions |
    ask around | reach agreement | reach an agreement | reach consensus | reach a decision | build consensus |
    find consensus | get a sense | get an overview | get to know | take stock | do some digging | dig deeper |
    drill down | get confirmation | seek confirmation | run an experiment | run experiments |
    start a conversation | open a conversation | initiate a discussion | initiate a conversation |
    continue the discussion | continue the conversation | check in with | touch base | liaise with | engage with |
    consult with | meet with | take another look | have another look | come up with options |
    come up with a solution | come up with a way | understand whether | get to grips | look over | look through |
    look around | read up | think through | think of | try and understand | try out options | keep investigating |
    keep looking | trial | sync with | sync up with | coordinate with | measure the impact | measure the cost |
    measure the effect | measure how | quantify | root-cause | schedule a call | have a call | set up a call with |
    arrange a call
    """
)
# Of these there is always more or less: to raise, share or build them ends nowhere.
SOFT = word_set(
    """
    urgency accountability confidence trust morale focus readiness preparedness expertise familiarity rigor rigour
    resilience resiliency visibility profile bar mindset cross-training crosstraining cooperation
    """
)
# Something that is better than it was; to make, introduce or have them says nothing of what is there afterwards.
BETTERMENTS = word_set(
    """
    improvement improvements enhancement enhancements optimisation optimisations optimization optimizations
    refinement refinements expansion simplification streamlining modernisation modernization strengthening
    """
)
MEASURES = word_set(
    """
    mitigation mitigations measures controls protections precautions contingencies contingency safeguards steps
    action actions
    """
)
# To ensure these is to be good.
QUALITIES = word_set(
    """
    availability reliability resilience resiliency stability security consistency quality performance scalability
    visibility redundancy integrity continuity compliance robustness transparency accountability readiness alignment
    coverage
    """
)
# Whether it will be done stays open.
HEDGES = _phrases(
    """
    as much of | as many of | as many as possible | wherever possible | whenever possible | wherever feasible |
    where feasible | where applicable | where sensible | where it makes sense | where relevant | when necessary |
    when needed | if required | as required | if time permits | time permitting | when time permits | over time |
    sooner or later | one day | if feasible | to the extent possible | as best we can
    """
)
# Whoever does these is somebody: “X to investigate …”.
BY_SOMEBODY = word_set(
    """
    investigate explore consider evaluate assess analyze analyse examine research discuss debate decide determine
    review revisit look think talk check figure find follow reach improve address tackle coordinate liaise chase
    understand explain confirm propose ask clarify see work
    """
)
# Whether these are done on each occasion is up to whoever remembers.
REMEMBERED = word_set(
    """
    check verify test review validate confirm double-check doublecheck plan ask communicate announce tell inform
    notify consult coordinate discuss run use take do follow read look think wait remember perform involve escalate
    prefer consider make avoid schedule backup back
    """
)
# What is not to be done by people, and nothing stops them; of the second list, when and how it is not.
FORBORNE = word_set("perform deploy rush rely forget panic hesitate ssh")
FORBORNE_AT_TIMES = word_set("merge push commit edit change release make do touch restart upgrade schedule start ship")
# How well people are to do something, each time.
CARE = word_set("thoroughly rigorously extensively diligently closely proactively vigilantly attentively")
# What a machine does: that it always does it can be seen.
DONE_BY_MACHINES = word_set(
    """
    retry log return send show emit close include expose record store pass respect escape quote
    """
)
# What people are to do in good time, each time.
ANSWERS = word_set(
    """
    respond react acknowledge communicate escalate notify inform update report tell reply announce share
    """
)
# What people agree on or sit down for; nothing else has changed afterwards.
GATHERINGS = word_set(
    """
    meeting meetings workshop workshops discussion discussions conversation brainstorm brainstorming retro
    retrospective taskforce committee
    """
)
GATHERED = frozenset(
    {("working", "group"), ("task", "force"), ("tiger", "team"), ("focus", "group"), ("study", "group")}
)
CONVENES = word_set(
    """
    form create establish set setup start convene assemble organise organize launch hold schedule have call host run
    put
    """
)
# With one of these at hand a direction has an end: “tighten the check with a test on …”.
ARTEFACTS = word_set(
    """
    alert alarm test tests check limit timeout runbook dashboard flag lock cache queue index script hook linter
    probe healthcheck rule guard confirmation prompt canary gate job query constraint breaker quota checklist lint
    validator
    """
)
