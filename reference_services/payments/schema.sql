-- One row a payment: the idempotency key, the request it stands for, and the stored answer.
create table payments (
    key text primary key,
    payment_id text not null,  -- 96 random bits; that they differ is held by the ledger's ids
    payer text not null,
    payee text not null,
    amount_minor bigint not null,
    currency text not null,
    status text not null default 'pending' 
        check (status in ('pending', 'captured', 'declined', 'dead_letter')),
    reason text not null default '',
    attempts int not null default 1,
    failures int not null default 0,  -- of the sweeper; too many make it a dead letter
    lease_until timestamptz not null,
    created_at timestamptz not null default now(),
    finished_at timestamptz
) with (fillfactor = 80);

create index payments_unfinished on payments (lease_until) where status = 'pending';
create index payments_dead on payments (key) where status = 'dead_letter';

-- Several writes in one transaction; whether each of them counted, in the same order. A claim
-- (its status is pending) counts if the key was unknown, an end if the payment had none yet
-- (a dead letter has none).
create function write(p_keys text[], p_statuses text[], p_reasons text[], p_payments text[],
                      p_payers text[], p_payees text[], p_amounts bigint[], p_currencies text[],
                      p_lease interval) returns boolean[]
language plpgsql as $$
declare
    v_counted boolean[];
begin
    for i in 1 .. cardinality(p_keys) loop
        if p_statuses[i] = 'pending' then
            insert into payments (key, payment_id, payer, payee, amount_minor, currency,
                                  lease_until)
            values (p_keys[i], p_payments[i], p_payers[i], p_payees[i], p_amounts[i],
                    p_currencies[i], clock_timestamp() + p_lease)
            on conflict (key) do nothing;
        else
            update payments
            set status = p_statuses[i], reason = p_reasons[i], finished_at = clock_timestamp()
            where key = p_keys[i] and status in ('pending', 'dead_letter');
        end if;
        v_counted[i] := found;
    end loop;
    return v_counted;
end $$;
