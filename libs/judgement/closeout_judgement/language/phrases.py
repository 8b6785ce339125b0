"""Phrases that give an action item away: study, ideas, hedges, habits."""

from __future__ import annotations


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split("|"))


# Study, where the verb alone would not say so.
STUDY_PHRASES = _phrases(
    """
    look into | look at | look for | think about | dig into | drill into | talk to | talk with | talk about | find
    out | figure out | work out | sort out | find a way | find way | find ways | find an | find the reason | find
    the cause | find the root | find better | find a better | find a solution | find solutions | find why | find how
    | find whether | find a process | find alternatives | see if | see whether | see how | see why | check if |
    check whether | check why | check how | check what | check which | check with | check for ways | learn how |
    learn more | learn why | come up with a plan | come up with ideas | come up with a strategy | come up with a
    proposal | speak to | speak with | find where | find what | find which | find who | come to a decision | come to
    an agreement | get to the bottom | follow up | try to understand | try to find | try to figure | make a decision
    | make a plan | plan for | plan to | plan how | have a talk | have a discussion | have a conversation | have a
    meeting | hold a meeting | schedule a meeting | start a discussion | open a discussion | do a spike | root cause
    | ask for | reach out | propose a | gather data | collect data | gather information | collect information |
    gather more | collect more | conduct a review | perform a review | do a review | conduct an investigation |
    perform an investigation | perform an audit | conduct an audit | do an audit | perform analysis | weigh the |
    know whether | know why | work with | work on a plan | deep dive | take a look | have a look | take a closer |
    get an understanding | verify whether | verify if | confirm whether | confirm if | test whether | test if |
    check logs | see what | look over
    """
)

# What is only spoken about.
IDEAS = _phrases(
    """
    something about | some way | a way to | ways to | might be an option | could be an option | may be an option |
    is an option | an idea | maybe | more thought | not sure | perhaps | possibly | might be worth | would be nice |
    would be good | it may be worth | may be worth | worth considering | worth looking | worth investigating |
    if possible to | potential solutions | possible solutions | feasibility | whether or not | options for | pros and
    cons | alternatives to
    """
)

# Whether it will be done stays open.
HEDGES = _phrases(
    """
    as needed | if possible | where possible | as much as possible | when appropriate | where appropriate | if
    needed | as necessary | if necessary | where necessary | as appropriate | as far as possible | going forward |
    in the future | in general | and so on | as soon as possible | at some point | etc
    """
)

# What somebody is to be, or to keep in mind.
HABITS = _phrases(
    """
    keep an eye | be careful | be aware | be mindful | be sure | be more | pay attention | pay more | take care |
    make an effort | bear in mind | keep in mind | stay on top | get better | do better | spend more | think before
    | raise awareness | get into the habit | take more | give more | put more | make better | make more | use more |
    keep up to date | remember to | don't forget | raise the bar | try to remember
    """
)
