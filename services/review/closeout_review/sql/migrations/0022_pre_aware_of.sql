-- What was seen and not promised, by the failure that it belongs to: offered again when that failure returns.
CREATE TABLE aware_of (
    postmortem_id uuid NOT NULL REFERENCES postmortem (id),
    position integer NOT NULL,
    text text NOT NULL,
    services text[] NOT NULL,
    failure_modes text[] NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (postmortem_id, position)
);
CREATE INDEX aware_of_failure ON aware_of USING gin (failure_modes, services);
CREATE INDEX aware_of_words ON aware_of USING gin (to_tsvector('simple', text));
CREATE INDEX aware_of_newest ON aware_of (published_at DESC, postmortem_id DESC);

INSERT INTO aware_of (postmortem_id, position, text, services, failure_modes, published_at)
SELECT p.id, thing.position, thing.text,
    ARRAY(SELECT jsonb_array_elements_text(p.published_facts -> 'services')),
    ARRAY(SELECT jsonb_array_elements_text(d.content -> 'failure_modes')), p.published_at
FROM postmortem AS p
JOIN draft_revision AS d ON d.postmortem_id = p.id AND d.revision = p.revision
CROSS JOIN LATERAL jsonb_array_elements_text(d.content -> 'aware_of') WITH ORDINALITY AS thing (text, position)
WHERE p.published_at IS NOT NULL;
