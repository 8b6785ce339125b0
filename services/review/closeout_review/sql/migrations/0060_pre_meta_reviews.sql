-- The quarterly reading: which quarters were opened, what the reader made of the patterns, and what was proposed.

CREATE TABLE meta_review (
    quarter text PRIMARY KEY CHECK (quarter ~ '^[0-9]{4}Q[1-4]$'),
    opened_at timestamptz NOT NULL DEFAULT now(),
    -- Empty where the first working day did it.
    opened_by text NOT NULL
);

-- A pattern that somebody decided about or added. Its content is what was read then; it stays when the data change.
CREATE TABLE meta_finding (
    id uuid PRIMARY KEY,
    quarter text NOT NULL REFERENCES meta_review (quarter),
    kind text NOT NULL,
    value text NOT NULL,
    by_reader boolean NOT NULL,
    content jsonb NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (quarter, kind, value)
);

-- What was decided about a finding; the last counts, and those before it stay readable.
CREATE TABLE meta_decision (
    finding_id uuid NOT NULL REFERENCES meta_finding (id),
    number integer NOT NULL CHECK (number > 0),
    decision text NOT NULL CHECK (decision IN ('confirmed', 'dismissed')),
    reason text NOT NULL,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (finding_id, number)
);

-- A structural change. Accepted: a postmortem of its own has its promise. Refused: it is kept with the reason.
CREATE TABLE meta_proposal (
    id uuid PRIMARY KEY,
    quarter text NOT NULL REFERENCES meta_review (quarter),
    finding_id uuid NOT NULL REFERENCES meta_finding (id),
    content jsonb NOT NULL,
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL DEFAULT now(),
    decision text CHECK (decision IN ('accepted', 'refused')),
    reason text NOT NULL DEFAULT '',
    decided_by text,
    decided_at timestamptz,
    incident_id uuid UNIQUE REFERENCES incident (id),
    postmortem_id uuid UNIQUE REFERENCES postmortem (id),
    CHECK (num_nulls(decision, decided_by, decided_at) IN (0, 3)),
    CHECK ((decision IS NOT DISTINCT FROM 'accepted') = (postmortem_id IS NOT NULL)),
    CHECK (num_nulls(incident_id, postmortem_id) IN (0, 2))
);
CREATE INDEX meta_proposal_of_quarter ON meta_proposal (quarter);
