-- One row a charge. Rows are only added; number is the order in which they were made.
create table if not exists charges (
    number integer primary key,
    key text not null unique,
    charge_id text not null,
    reference text not null,
    amount_minor integer not null,
    currency text not null,
    status text not null check (status in ('charged', 'declined'))
);
