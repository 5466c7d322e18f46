-- The ledger's schema and rules. A transfer is one call of one function: it locks both accounts in
-- one order, decides, writes two entries with their links of the hash chain, and both balances.

create table accounts (
    account text primary key,
    currency text not null,
    balance_minor bigint not null default 0,
    sequence bigint not null default 0,
    hash text not null default repeat('0', 64),
    may_overdraw boolean not null default false,
    check (may_overdraw or balance_minor >= 0)
) with (fillfactor = 50);

-- Refused transfers stand here too: an id that was once refused is refused for ever.
create table transfers (
    transfer_id text primary key,
    reference text not null,
    kind text not null check (kind in ('fund', 'hold', 'post', 'void')),
    debit text not null,
    credit text not null,
    amount_minor bigint not null check (amount_minor > 0),
    currency text not null,
    refused text not null default '',
    created_at timestamptz not null default now()
);

create table entries (
    entry bigint generated always as identity primary key,
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

create function append_entry(p_transfer transfers, p_account accounts, p_amount bigint)
returns void language plpgsql as $$
declare
    v_sequence bigint := p_account.sequence + 1;
    v_balance bigint := p_account.balance_minor + p_amount;
    v_hash text := encode(sha256(convert_to(concat_ws('|', p_account.hash, p_account.account,
        v_sequence, p_transfer.transfer_id, p_amount, p_transfer.currency, v_balance),
        'UTF8')), 'hex');
begin
    insert into entries (transfer_id, reference, account, sequence, amount_minor, currency,
                         balance_minor, hash, prev_hash, kind)
    values (p_transfer.transfer_id, p_transfer.reference, p_account.account, v_sequence, p_amount,
            p_transfer.currency, v_balance, v_hash, p_account.hash, p_transfer.kind);
    update accounts set sequence = v_sequence, balance_minor = v_balance, hash = v_hash
    where account = p_account.account;
end $$;

create function same_transfer(p_old transfers, p_new transfers) returns boolean
language sql immutable as $$
    select (p_old.kind, p_old.reference, p_old.debit, p_old.credit, p_old.amount_minor,
            p_old.currency)
         = (p_new.kind, p_new.reference, p_new.debit, p_new.credit, p_new.amount_minor,
            p_new.currency)
$$;

-- What a known id answers: exists, the refusal it got, or conflict if the content differs.
create function replayed(p_old transfers, p_new transfers, out outcome text, out reason text)
language sql immutable as $$
    select case when not same_transfer(p_old, p_new) then 'conflict'
                when p_old.refused <> '' then 'refused' else 'exists' end, p_old.refused
$$;

-- p_excluded: the transfer that must not have been booked (a hold is posted or voided, never both).
create function book(p_new transfers, p_excluded text, out outcome text, out reason text)
language plpgsql as $$
declare
    v_old transfers;
    v_debit accounts;
    v_credit accounts;
    v_account accounts;
begin
    reason := '';
    for v_account in select * from accounts where account in (p_new.debit, p_new.credit)
                     order by account for no key update loop
        if v_account.account = p_new.debit then v_debit := v_account;
        else v_credit := v_account; end if;
    end loop;
    if v_debit.account is null or v_credit.account is null then
        outcome := 'unknown_account';
        return;
    end if;
    -- Only now, under the locks: another session may have booked this id while we waited.
    select * into v_old from transfers where transfer_id = p_new.transfer_id;
    if found then
        select r.outcome, r.reason into outcome, reason from replayed(v_old, p_new) r;
        return;
    end if;
    if exists (select from transfers where transfer_id = p_excluded and refused = '') then
        outcome := 'wrong_state';
        return;
    end if;
    if p_new.currency <> v_debit.currency or p_new.currency <> v_credit.currency then
        reason := 'wrong_currency';
    elsif v_debit.balance_minor < p_new.amount_minor and not v_debit.may_overdraw then
        reason := 'insufficient_funds';
    end if;
    p_new.refused := reason;
    p_new.created_at := now();
    insert into transfers select p_new.*;
    if reason <> '' then
        outcome := 'refused';
        return;
    end if;
    perform append_entry(p_new, v_debit, -p_new.amount_minor);
    perform append_entry(p_new, v_credit, p_new.amount_minor);
    outcome := 'booked';
end $$;

create function transfer_row(p_id text, p_reference text, p_kind text, p_debit text, p_credit text,
                             p_amount bigint, p_currency text) returns transfers
language sql immutable as $$
    select row(p_id, p_reference, p_kind, p_debit, p_credit, p_amount, p_currency, '',
               null)::transfers
$$;

create function hold(p_payment text, p_reference text, p_payer text, p_payee text,
                     p_amount bigint, p_currency text, out outcome text, out reason text)
language plpgsql as $$
begin
    if not exists (select from accounts where account = p_payee) then
        outcome := 'unknown_account';
        reason := '';
        return;
    end if;
    select b.outcome, b.reason into outcome, reason
    from book(transfer_row(p_payment || ':hold', p_reference, 'hold', p_payer, 'held:' || p_payer,
                           p_amount, p_currency), null) b;
end $$;

-- Ends a hold, once: 'post' gives it to p_payee, 'void' gives it back to the payer.
create function settle(p_payment text, p_kind text, p_reference text, p_payee text,
                       p_amount bigint, p_currency text, out outcome text, out reason text)
language plpgsql as $$
declare
    v_hold transfers;
    v_other text := p_payment || case p_kind when 'post' then ':void' else ':post' end;
begin
    reason := '';
    select * into v_hold from transfers where transfer_id = p_payment || ':hold' and refused = '';
    if not found then
        outcome := 'no_such_hold';
        return;
    end if;
    if p_kind = 'post' and (p_amount, p_currency) <> (v_hold.amount_minor, v_hold.currency) then
        outcome := 'conflict';
        return;
    end if;
    select b.outcome, b.reason into outcome, reason
    from book(transfer_row(p_payment || ':' || p_kind, p_reference, p_kind, v_hold.credit,
                           case p_kind when 'post' then p_payee else v_hold.debit end,
                           v_hold.amount_minor, v_hold.currency), v_other) b;
end $$;

-- The accounts of the reference system, funded once out of equity.
insert into accounts (account, currency, may_overdraw) values ('equity', 'EUR', true);
insert into accounts (account, currency)
select name, 'EUR' from (
    select 'payer-' || lpad(n::text, 4, '0') from generate_series(0, 999) n
    union all select 'held:payer-' || lpad(n::text, 4, '0') from generate_series(0, 999) n
    union all select 'merchant-' || lpad(n::text, 3, '0') from generate_series(0, 99) n
) as names (name);
do $$
declare
    v_payer text;
begin
    for n in 0..999 loop
        v_payer := 'payer-' || lpad(n::text, 4, '0');
        perform book(transfer_row('fund:' || v_payer, '', 'fund', 'equity', v_payer, 1000000000,
                                  'EUR'), null);
    end loop;
end $$;
