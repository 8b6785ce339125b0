-- Who leads a review, and who was asked to finish it.

-- Whom people named to lead a review; the last counts. Until somebody does, the timeline says who leads it.
CREATE TABLE chosen_lead (
    postmortem_id uuid NOT NULL REFERENCES postmortem (id),
    number integer NOT NULL CHECK (number > 0),
    person_id uuid NOT NULL,
    name text NOT NULL,
    by text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (postmortem_id, number)
);

-- What was said to whom about an unfinished draft, once.
CREATE TABLE asked_to_finish (
    postmortem_id uuid NOT NULL REFERENCES postmortem (id),
    step text NOT NULL CHECK (step IN ('ask', 'remind', 'offer')),
    recipient text NOT NULL,
    asked_at timestamptz NOT NULL,
    PRIMARY KEY (postmortem_id, step, recipient)
);

-- When a draft is to be looked at again; never, once everybody was asked. NULL: not yet.
ALTER TABLE postmortem ADD COLUMN ask_at timestamptz;
CREATE INDEX postmortem_to_ask ON postmortem (COALESCE(ask_at, '-infinity'))
    WHERE published_at IS NULL AND merged_into IS NULL;
