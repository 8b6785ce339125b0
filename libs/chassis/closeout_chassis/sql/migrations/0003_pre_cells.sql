-- Finding words in whatever table they stand, and writing what is left of them: for a redaction.

-- The rows of a table in one of whose columns one of these traces stands, locked, with what is written there. The table and
-- the column are found in the catalogue (queries.sql: columns_of_words), so that a new table is not forgotten.
CREATE FUNCTION cells_with(in_table text, in_column text, traces text[]) RETURNS TABLE (place tid, written bytea)
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    kind text := (SELECT format_type(atttypid, NULL) FROM pg_attribute
                  WHERE attrelid = in_table::regclass AND attname = in_column);
    as_bytes text := CASE kind
        WHEN 'bytea' THEN format('%I', in_column)
        WHEN 'text[]' THEN format('convert_to(to_jsonb(%I)::text, ''UTF8'')', in_column)
        ELSE format('convert_to(%I::text, ''UTF8'')', in_column) END;
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT ctid, %1$s FROM %2$I WHERE EXISTS (
             SELECT FROM unnest($1) AS trace WHERE position(convert_to(trace, ''UTF8'') IN %1$s) > 0) FOR UPDATE',
        as_bytes, in_table) USING traces;
END
$$;

-- Write a cell anew. The row must be locked, or it may be another one's by now.
CREATE FUNCTION write_cell(in_table text, in_column text, place tid, written bytea) RETURNS void
    LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    kind text := (SELECT format_type(atttypid, NULL) FROM pg_attribute
                  WHERE attrelid = in_table::regclass AND attname = in_column);
    as_value text := CASE kind
        WHEN 'bytea' THEN '$1'
        WHEN 'text[]' THEN 'ARRAY(SELECT jsonb_array_elements_text(convert_from($1, ''UTF8'')::jsonb))'
        ELSE format('convert_from($1, ''UTF8'')::%s', kind) END;
BEGIN
    EXECUTE format('UPDATE %I SET %I = %s WHERE ctid = $2', in_table, in_column, as_value) USING written, place;
END
$$;
