-- The pagers' services, as last read.
CREATE TABLE service (
    vendor text NOT NULL,
    vendor_id text NOT NULL,
    snapshot jsonb NOT NULL,
    described_at timestamptz NOT NULL,
    PRIMARY KEY (vendor, vendor_id)
);
