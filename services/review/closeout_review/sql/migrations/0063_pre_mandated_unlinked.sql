-- Why a mandated ticket does not belong to its postmortem any more, or never did. The link stays, with this beside it; the
-- same ticket can be linked again, as another link.
CREATE TABLE mandated_unlinked (
    mandated_id uuid PRIMARY KEY REFERENCES mandated_ticket (id),
    reason text NOT NULL CHECK (reason <> ''),
    unlinked_by text NOT NULL,
    unlinked_at timestamptz NOT NULL DEFAULT now()
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mandated_unlinked
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_record();
ALTER TABLE mandated_unlinked ENABLE ALWAYS TRIGGER append_only;
