-- All that was read of an imported review, and its failure modes: as its words suggest, until somebody says which it has.
ALTER TABLE imported
    ADD COLUMN severity text NOT NULL DEFAULT '',
    ADD COLUMN language text NOT NULL DEFAULT '', -- ISO 639-1; empty where there are too few words to say
    ADD COLUMN words text NOT NULL DEFAULT '', -- without markup; empty where the original has none
    ADD COLUMN timeline jsonb NOT NULL DEFAULT '[]', -- [{"written", "at", "text", "line"}]
    ADD COLUMN causes jsonb NOT NULL DEFAULT '[]', -- [{"text", "section", "line"}]
    ADD COLUMN suggested jsonb NOT NULL DEFAULT '[]', -- [{"mode", "evidence"}]
    ADD COLUMN failure_modes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN modes_by text, -- who said which failure modes it has
    ADD COLUMN taxonomy_version integer NOT NULL DEFAULT 0,
    ADD COLUMN modes_at timestamptz;
CREATE INDEX imported_failure_modes ON imported USING gin (failure_modes);
CREATE INDEX imported_by_day ON imported ((COALESCE(happened_on, '0001-01-01')), id);
-- What was imported before is read anew when it is imported again.
UPDATE imported SET digest = '';
