-- A dead letter says which constraint of which table refused it, not which values: neither do those that are kept.
UPDATE dead_letter
SET detail = regexp_replace(split_part(detail, E'\nDETAIL:', 1), '^(\w+: invalid input [^:]*): .*$', '\1')
WHERE reason = 'handler_error' AND (detail ~ '^\w+: invalid input [^:]*: ' OR position(E'\nDETAIL:' IN detail) > 0);
