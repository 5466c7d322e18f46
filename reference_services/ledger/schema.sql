-- The ledger's schema and rules. A transfer is one call of one function: it locks both accounts in
-- one order, decides, writes two entries, which are one link in the hash chains of both accounts,
-- and both balances.

create table accounts (
    account text primary key,
    role text not null check (role in ('customer', 'hold', 'funding')),
    currency text not null,
    balance_minor bigint not null default 0,
    sequence bigint not null default 0,
    hash text not null default repeat('0', 48),
    may_overdraw boolean not null default false,
    check (may_overdraw or balance_minor >= 0)
) with (fillfactor = 50);

-- Refused transfers are rows too: an id that was once refused is refused for ever. A hold records
-- its payee: only that account can be given the money.
create table transfers (
    transfer_id text primary key,
    reference text not null,
    kind text not null check (kind in ('fund', 'hold', 'post', 'void')),
    debit text not null,
    credit text not null,
    payee text not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text not null,
    refused text not null default '',
    created_at timestamptz not null default now()
);

-- The two entries of a transfer take numbers side by side, whatever else is booked meanwhile.
create sequence entry_pairs increment by 2;

create table entries (
    entry bigint primary key,
    transfer_id text not null,
    reference text not null,
    account text not null,
    sequence bigint not null,
    amount_minor bigint not null,
    currency text not null,
    balance_minor bigint not null,
    hash text not null,
    prev_hash text not null,
    kind text not null,
    unique (account, sequence)
);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: % of % refused', tg_op, tg_table_name;
end $$;

create trigger entries_append_only before update or delete or truncate on entries
    for each statement execute function refuse_change();
create trigger transfers_append_only before update or delete or truncate on transfers
    for each statement execute function refuse_change();

-- What a known id answers: exists, the refusal it got, or conflict if the content differs.
create function replayed(p_id text, p_reference text, p_kind text, p_debit text, p_credit text,
                         p_payee text, p_amount bigint, p_currency text) returns text
language plpgsql as $$
declare
    v_old transfers;
begin
    select * into v_old from transfers where transfer_id = p_id;
    if not found then
        return 'wrong_state';
    end if;
    if (v_old.kind, v_old.reference, v_old.debit, v_old.credit, v_old.payee, v_old.amount_minor,
        v_old.currency)
        <> (p_kind, p_reference, p_debit, p_credit, p_payee, p_amount, p_currency) then
        return 'conflict';
    end if;
    return case when v_old.refused = '' then 'exists' else 'refused:' || v_old.refused end;
end $$;

-- One transfer; returns its outcome (domain.py), a refusal with its reason after a colon.
-- p_excluded: the transfer that must not have been booked (a hold is posted or voided, never both).
-- Every statement costs some 10 us of CPU, hence few of them, and no composite arguments.
create function book(p_id text, p_reference text, p_kind text, p_debit text, p_credit text,
                     p_payee text, p_amount bigint, p_currency text, p_excluded text) returns text
language plpgsql as $$
declare
    v_debit accounts;
    v_credit accounts;
    v_entry bigint;
    v_link text;
    v_refused text := '';
begin
    if p_debit < p_credit then
        select * into v_debit from accounts where account = p_debit for no key update;
        select * into v_credit from accounts where account = p_credit for no key update;
    elsif p_debit > p_credit then
        select * into v_credit from accounts where account = p_credit for no key update;
        select * into v_debit from accounts where account = p_debit for no key update;
    end if;
    if v_debit.account is null or v_credit.account is null then
        return 'unknown_account';
    end if;
    if p_currency <> v_debit.currency or p_currency <> v_credit.currency then
        v_refused := 'wrong_currency';
    elsif v_debit.balance_minor < p_amount and not v_debit.may_overdraw then
        v_refused := 'insufficient_funds';
    end if;
    -- A new statement, so it sees what other sessions booked while we waited for the locks.
    insert into transfers (transfer_id, reference, kind, debit, credit, payee, amount_minor,
                           currency, refused)
    select p_id, p_reference, p_kind, p_debit, p_credit, p_payee, p_amount, p_currency, v_refused
    where p_excluded is null
       or not exists (select from transfers where transfer_id = p_excluded and refused = '')
    on conflict (transfer_id) do nothing;
    if not found then
        return replayed(p_id, p_reference, p_kind, p_debit, p_credit, p_payee, p_amount,
                        p_currency);
    end if;
    if v_refused <> '' then
        return 'refused:' || v_refused;
    end if;
    v_entry := nextval('entry_pairs');
    -- Each field with its length in bytes; the exact rule is in domain.py.
    v_link := left(encode(sha256(decode(v_debit.hash || v_credit.hash, 'hex') || convert_to(
        octet_length(p_kind) || ':' || p_kind || octet_length(p_id) || ':' || p_id
        || octet_length(p_reference) || ':' || p_reference
        || octet_length(p_amount::text) || ':' || p_amount
        || octet_length(p_currency) || ':' || p_currency
        || octet_length(p_debit) || ':' || p_debit
        || octet_length(p_credit) || ':' || p_credit, 'UTF8')), 'hex'), 48);
    insert into entries (entry, transfer_id, reference, account, sequence, amount_minor, currency,
                         balance_minor, hash, prev_hash, kind)
    values (v_entry, p_id, p_reference, p_debit, v_debit.sequence + 1, -p_amount, p_currency,
            v_debit.balance_minor - p_amount, v_link, v_debit.hash, p_kind),
           (v_entry + 1, p_id, p_reference, p_credit, v_credit.sequence + 1, p_amount, p_currency,
            v_credit.balance_minor + p_amount, v_link, v_credit.hash, p_kind);
    update accounts set sequence = v_debit.sequence + 1, hash = v_link,
        balance_minor = v_debit.balance_minor - p_amount where account = p_debit;
    update accounts set sequence = v_credit.sequence + 1, hash = v_link,
        balance_minor = v_credit.balance_minor + p_amount where account = p_credit;
    return 'booked';
end $$;

-- Only customer accounts pay and are paid, and never themselves.
create function hold(p_payment text, p_reference text, p_payer text, p_payee text,
                     p_amount bigint, p_currency text) returns text
language plpgsql as $$
declare
    v_roles text[];
begin
    select array_agg(role) into v_roles from accounts where account in (p_payer, p_payee);
    if p_payer = p_payee or 'hold' = any (v_roles) or 'funding' = any (v_roles) then
        return 'not_a_customer';
    end if;
    if coalesce(cardinality(v_roles), 0) < 2 then
        return 'unknown_account';
    end if;
    return book(p_payment || ':hold', p_reference, 'hold', p_payer, 'held:' || p_payer, p_payee,
                p_amount, p_currency, null);
end $$;

-- Ends a hold, once: 'post' gives it to its recorded payee, 'void' gives it back to the payer.
create function settle(p_payment text, p_kind text, p_reference text, p_payee text,
                       p_amount bigint, p_currency text) returns text
language plpgsql as $$
declare
    v_hold transfers;
begin
    select * into v_hold from transfers where transfer_id = p_payment || ':hold' and refused = '';
    if not found then
        return 'no_such_hold';
    end if;
    if p_reference <> v_hold.reference or p_kind = 'post'
        and (p_payee, p_amount, p_currency)
            <> (v_hold.payee, v_hold.amount_minor, v_hold.currency) then
        return 'conflict';
    end if;
    return book(p_payment || ':' || p_kind, p_reference, p_kind, v_hold.credit,
                case p_kind when 'post' then v_hold.payee else v_hold.debit end, v_hold.payee,
                v_hold.amount_minor, v_hold.currency,
                p_payment || case p_kind when 'post' then ':void' else ':post' end);
end $$;

-- Several moves in one transaction; their outcomes in the same order. A post or a void finds its
-- payer in its hold. All accounts are locked first, in one order: else two calls could wait for
-- each other, since each of them would lock in the order of its moves.
create function move(p_payments text[], p_kinds text[], p_references text[], p_payers text[],
                     p_payees text[], p_amounts bigint[], p_currencies text[]) returns text[]
language plpgsql as $$
declare
    v_outcomes text[];
begin
    if cardinality(p_kinds) > 1 then
        perform from (
            select distinct unnest(case kind
                when 'hold' then array[payer, 'held:' || payer]
                when 'post' then array[held.credit, payee]
                else array[held.credit, held.debit] end) as account
            from unnest(p_payments, p_kinds, p_payers, p_payees) as m (payment, kind, payer, payee)
            left join lateral (select debit, credit from transfers
                               where kind <> 'hold' and transfer_id = payment || ':hold') held on true
            order by account
        ) named, lateral (select from accounts where account = named.account for no key update) locked;
    end if;
    for i in 1 .. cardinality(p_kinds) loop
        v_outcomes[i] := case p_kinds[i]
            when 'hold' then hold(p_payments[i], p_references[i], p_payers[i], p_payees[i],
                                  p_amounts[i], p_currencies[i])
            else settle(p_payments[i], p_kinds[i], p_references[i], p_payees[i],
                        p_amounts[i], p_currencies[i]) end;
    end loop;
    return v_outcomes;
end $$;

-- The accounts of the reference system, funded once out of equity.
insert into accounts (account, role, currency, may_overdraw)
values ('equity', 'funding', 'EUR', true);
insert into accounts (account, role, currency)
select name, role, 'EUR' from (
    select 'payer-' || lpad(n::text, 4, '0'), 'customer' from generate_series(0, 999) n
    union all select 'held:payer-' || lpad(n::text, 4, '0'), 'hold' from generate_series(0, 999) n
    union all select 'merchant-' || lpad(n::text, 3, '0'), 'customer' from generate_series(0, 99) n
) as names (name, role);
do $$
declare
    v_payer text;
begin
    for n in 0..999 loop
        v_payer := 'payer-' || lpad(n::text, 4, '0');
        perform book('fund:' || v_payer, '', 'fund', 'equity', v_payer, '', 1000000000, 'EUR', null);
    end loop;
end $$;
