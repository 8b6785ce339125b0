-- A page that was open while words were taken out of its draft may still hold them. The draft goes on with a revision that
-- remembers this: what was typed into an earlier one is looked at before it is saved.
ALTER TABLE postmortem ADD COLUMN cleaned_revision integer NOT NULL DEFAULT 0;
