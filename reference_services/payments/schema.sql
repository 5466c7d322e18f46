-- One row a payment: the idempotency key, the request it stands for, and the stored answer.
create table payments (
    key text primary key,
    payment_id text not null,  -- 96 random bits; that they differ is held by the ledger's ids
    payer text not null,
    payee text not null,
    amount_minor bigint not null,
    currency text not null,
    status text not null default 'pending' check (status in ('pending', 'captured', 'declined')),
    reason text not null default '',
    attempts int not null default 1,
    lease_until timestamptz not null,
    created_at timestamptz not null default now(),
    finished_at timestamptz
) with (fillfactor = 80);

create index payments_unfinished on payments (lease_until) where status = 'pending';
