-- names
select a, b from t
select x from t
select t.x from t
select tt.a from t
select t.a from t tt
select bindtest.t.a from t
select a from t, u
select b from t, u
select t.b, u.b from t, u
select bb from t
select aa from t
select t.* from t
select u.* from t
select * from t join u using (a)
select a from t join u using (a)
select t.a, u.a from t join u using (a)
select b from t join u using (a)
select * from t natural join u
select * from t join u using (nope)
select * from t full join u using (a)
select * from t left join u on t.a = u.a and nope
select * from t left join u on t.a
select t from t
select (t).a from t
select (t).nope from t
select t.a.b from t
select x.* from (select a, b from t) x
select x.q from (select a, b from t) x(p, q)
select x.a from (select a, b from t) x(p, q)
select * from (select a, b from t) x(p, q, r)
select * from t x(p, q, r, s, t, u, v, w, x, y, z, aa, bb, cc, dd)
select * from t, t
select * from t, u t
select * from t as x, lateral (select x.a) y
select * from t as x, (select x.a) y
select * from t as x left join lateral (select x.a) y on true
select * from t as x right join lateral (select x.a) y on true
select * from t as x full join lateral (select x.a) y on true
select (select a) from t
select (select t.a from u) from t
select a from t where exists (select 1 from u where u.a = t.a and u.nope = 1)
select * from nope
select * from nope.t
select * from information_schema.nope_table
select nope.t.a from t
select driftdb.bindtest.t.a from t
select other.bindtest.t.a from t
select * from (t join u on t.a = u.a) j
select j.a from (t join u on t.a = u.a) j
select j.x from (t join u on t.a = u.a) j
select t.a from (t join u on t.a = u.a) j
select *
select tt.* from t
select ctid, tableoid from t
select count(t.*) from t
select count(t) from t
select row_to_json(t) from t
select t.*::text from t
select t::text from t
-- literals and types
select 1, 2147483648, 9223372036854775808, 1.5, 1e3, 'a', true, null
select -2147483648, -9223372036854775808, - 2147483649
select 'a'::text, 'abc'::varchar(2), 'abc'::char(2), '1.234'::numeric(5,2), 'a'::bpchar
select 1::numeric(10,2), '2020-01-01'::timestamptz(3), interval '1 day', interval '1' day, time '10:00', date '2020-01-01'
select int '1', float8 '1.5', numeric '1', timestamp(2) '2020-01-01 00:00:00'
select 'x'::int
select '300'::int2 + 1
select '99999'::int2
select 1::bool, 'true'::bool, true::int, 1::text, 't'::text::bool
select 1::date
select now()::int
select 'a'::nope
select 'a'::nope.x
select 'a'::int4[]
select '{1,2}'::int[], array[1,2], array[1,2.5], array['a','b'], array[]::int[], array[1,null], array[[1,2],[3,4]]
select array[]
select array[1,'x']
select array[1,'2']
select array[array[1],2]
select array[1,2]::text[], array['1','2']::int[], array[1.5]::int[]
select e[1], e[1:2], e[:2], e[1:], e[1][2] from t
select e['1'], f['a'], f[0], f['a']['b'] from t
select f['a':'b'] from t
select a[1] from t
select b[1] from t
select e[now()] from t
select (array[1,2])[1]
select row(1,'a'), (1,2), row(), (row(1,2)).f1
select (row(1,2)).f3
select (1).a
select ('a'::text).nope
select cast(a as text), cast('1' as int), a::text::int from t
select cast(b as json), cast(f as int) from t
select d::date, d::time, d::timestamp, k::timestamptz, k::timestamp, d at time zone 'UTC', d::text from t
select 'a' 'b'
select null::int, null
select 1 as "?column?", 2 as a, 3 "b c"
select g, m, c from t
select g || 'x', m || 'x', c + 1, c * 2 from t
select coalesce(g, 'x'), coalesce(g, g), coalesce(c, 1), nullif(g, 'x'), greatest(c, c) from t
select case when h then g else g end, case when h then g else 'abc' end, case when h then g end from t
-- operators
select 1 + 1, 1 + 1.5, 1 + 1::bigint, 1::smallint + 1::smallint, 1 / 2, 5 % 2, 2 ^ 3, |/ 4, @ -5, 5 & 3, 5 # 3, ~5, 1 << 2
select 1 + 'a'
select 1 + '1'
select '1' + '1'
select 'a' + 'b'
select 'a' || 'b', 'a' || 1, 1 || 'a', 'a'::text || 1, 1 || 2
select null || 'a', null + null, null = null
select a + b from t
select a = b from t
select a = '5', '5' = a, b = '5' from t
select a = 'x' from t
select d - d, d - interval '1 day', d - k, k - k, k + 1, k - 1, k + time '10:00', d + '1 day', k + interval '1 day' from t
select d - 1 from t
select now() - '1 day', now() - interval '1 day', '2020-01-01' - now()
select a < b from t
select a between 1 and 10, a between b and c from t
select a between 1 and 10, a not between 1 and 10, a between symmetric 10 and 1 from t
select a in (1,2,3), a in (1,'2',3), a in (1), a not in (1,2) from t
select a in (1,'x') from t
select a in ('1','2'), b in (1,2) from t
select a in (1, i, 2.5), a in (b) from t
select (a, b) in ((1,'x'),(2,'y')) from t
select (a, b) = (1, 'x'), (a, b) < (1, 'x'), (a, b) <> (1,'x'), (a,b) is distinct from (1,'x') from t
select (a, b) = (1, 2, 3) from t
select (a, b) ~~ (1, 'x') from t
select (a, b) = (select x, b from u), (a, b) in (select a, b from u), (a, b) < all (select a, b from u) from t
select a in (select b from u) from t
select a in (select a, b from u) from t
select (a, b) in (select a from u) from t
select a = any (e), a = any ('{1,2}'), a = any (array[1,2]), a <> all (e), a = any (array['1','2']) from t
select a = any (b) from t
select a = any (5) from t
select a = any (select a from u), a > all (select x from u) from t
select b like 'a%', b not like 'a%', b ilike 'a%', b similar to 'a%', b like 'a' escape '!', b ~ 'x', b !~* 'x' from t
select a like 'x' from t
select g like 'a%', m like 'a%', n::text like 'x' from t
select a is null, b is not null, h is true, h is not unknown, (a = 1) is false from t
select a is true from t
select t is null from t
select not a from t
select not h, h and true, h or a = 1 from t
select h and a from t
select 'x' and h from t
select 'true' and h from t
select a is distinct from b from t
select a is distinct from 1, b is not distinct from null from t
select f -> 'a', f ->> 'a', f -> 0, f #> '{a}', f #>> '{a,b}', f @> '{}', f ? 'a', f - 'a', f || '{}' from t
select f = '{}', f < f from t
select '{}'::json = '{}'::json
select operator(pg_catalog.+) 1
select 1 operator(pg_catalog.+) 2, 1 operator(nope.+) 2
select 1 operator(pg_catalog.+) 2
select 1 @#@ 2
select @#@ 2
select 5 !
select e || 1, 1 || e, e || e, e || '{1}', e @> array[1], e && '{1}' from t
select e || 'x' from t
select h = 't', h = 1 from t
select n = '00000000-0000-0000-0000-000000000000' from t
select n = 'x' from t
-- functions
select length('a'), length(b), upper(b), lower('X'), substr(b, 1), substring(b from 1 for 2), substring(b, 1, 2), trim(b), position('a' in b) from t
select length(a) from t
select length(1)
select nope(1)
select nope('a', null, 1.5)
select pg_catalog.nope(1)
select nope.length('a')
select length()
select length('a', 'b')
select length('a', 'b', 'c')
select abs(-1), abs(-1.5), abs('1'), round(1.5), round(1.5, 1), round('1.5'), floor(1), ceil(1.2), sqrt(2), sqrt(2::numeric), power(2,3), mod(5,2), sign(-1), trunc(1.2)
select round(1.5::float8, 1)
select greatest(1,2.5), least(1,'2'), greatest('a','b'), greatest(a, i), greatest(j, c) from t
select greatest(1,'x')
select coalesce(1,2.5), coalesce(null,1), coalesce(null,null), coalesce(a,i,c) from t
select coalesce(1,'x')
select coalesce(a, b) from t
select nullif(1,2), nullif(1,'2'), nullif('a','b'), nullif(a, i), nullif(null, null) from t
select nullif(a, b) from t
select case when true then 1 else 2.5 end, case when true then 1 end, case 1 when 1 then 'a' end, case a when 1 then 'x' when 2 then 'y' else b end from t
select case when 1 then 2 end
select case a when 'x' then 1 end from t
select case when true then 1 else 'x' end
select case when true then a else b end from t
select now(), current_timestamp, current_date, localtime, localtimestamp(3), current_time, current_user, session_user, current_catalog, current_schema, user
select extract(year from d), extract(epoch from interval '1 day'), date_part('year', d), date_trunc('day', d), date_trunc('day', k), age(d) from t
select extract(year from a) from t
select to_char(d, 'YYYY'), to_char(1, '9'), to_date('a','b'), to_timestamp(1), to_timestamp('a','b'), to_number('1','9') from t
select concat('a', 1, true), concat_ws(',', 'a', 1), format('%s', 1), format('x'), format('%s %s', 1, 'a')
select concat(variadic array['a','b']), format('x', variadic array[1])
select concat(variadic 'x')
select greatest(), coalesce()
select generate_series(1,3), generate_series(1,3::bigint), generate_series(1, 2.5), generate_series(now(), now(), '1 day')
select generate_series(1,'3')
select generate_series('1','3')
select unnest(e), unnest('{1,2}'::int[]) from t
select unnest('{1,2}')
select array_length(e, 1), array_append(e, 1), array_cat(e, e), array_to_string(e, ','), string_to_array('a,b', ','), array_position(e, 1), cardinality(e) from t
select array_append(e, 'x') from t
select array_append(e, 1.5) from t
select array_append(array['a'], 'x'), array_append(null, 1), array_append(null, null)
select array_fill(1, '{2}'), array_dims(e), array_upper(e, 1), array_remove(e, 1), array_replace(e, 1, 2) from t
select jsonb_build_object('a', 1), to_jsonb(1), to_jsonb('x'::text), json_build_array(1, 'a'), jsonb_set('{}', '{a}', '1'), jsonb_set('{}', '{a}', '1', false)
select to_jsonb('x')
select to_json(null)
select make_interval(days => 3), make_interval(1, 2), make_interval(hours => 1, mins => 2), make_date(2020, 1, 1)
select make_interval(days => 3, days => 4)
select make_interval(days => 3, 4)
select make_interval(nope => 3)
select text(1), int4('1'), int4(1.5), numeric(1), date(now()), text('a'), float8(1), varchar(1)
select float8('x')
select a.length from (select 'x'::text a) a
select upper(1)
select substr('abc', '1')
select lpad('a', 3), lpad('a', 3, 'x'), repeat('a', 3), replace('a','b','c'), split_part('a','b',1), left('a',1), reverse('a'), strpos('a','b'), initcap('a'), chr(1), ascii('a'), md5('a'), translate('a','b','c')
select overlay('a' placing 'b' from 1), overlay('abc' placing 'x' from 2 for 1), trim(both 'x' from 'axa'), trim(leading from ' a'), trim(trailing 'x' from 'ax')
select (d, d) overlaps (d, interval '1 day') from t
select d at time zone interval '1 hour', '2020-01-01' at time zone 'UTC', timezone('UTC', d) from t
select pg_typeof(1), pg_typeof('a'), pg_typeof(null)
select quote_literal('a'), quote_literal(1), quote_ident('a'), quote_nullable(null)
select random(), pg_sleep(0), version(), pg_backend_pid()
select distinct_f(distinct a) from t
select length(distinct b) from t
select length(*) from t
select length(b order by b) from t
select length(b) filter (where true) from t
select length(b) over () from t
select txid_current(), nextval(1), currval(1::regclass), setval(1, 1)
select current_setting('x'), set_config('a','b',false)
select regexp_replace('a','b','c'), regexp_replace('a','b','c','g'), regexp_matches('a','b'), regexp_split_to_table('a','b')
select width_bucket(1,2,3,4), width_bucket(1.0,2,3,4), div(5,2), log(10), log(2,8), exp(1), ln(2), pi(), degrees(1), random() * 10
-- aggregates
select count(*), count(a), count(distinct a), sum(a), sum(i), sum(c), sum(j), avg(a), avg(j), min(b), max(d), bool_and(h), string_agg(b, ','), array_agg(a), jsonb_agg(a), stddev(a), variance(c) from t
select sum(b) from t
select sum('1')
select max(null), min('a')
select count()
select sum(*) from t
select max(*)
select avg(y), sum(y), max(y) from u
select count(*) from t group by a
select a, count(*) from t
select a from t having count(*) > 1
select a, b from t group by a
select b, a from t group by b
select t.* from t group by a
select a + 1, count(*) from t group by a + 1
select a + 1 + 1, count(*) from t group by a + 1
select b, count(*) from t group by b having a > 1
select b x, count(*) from t group by x
select b x, count(*) from t group by 1
select b x, count(*) from t group by 3
select b x, count(*) from t group by 2
select b, count(*) from t group by 'x'
select b as a, count(*) from t group by a
select count(*) from t where count(*) > 1
select count(*) from t group by count(*)
select sum(count(*)) from t
select sum(sum(a)) from t group by b
select a from t order by count(*)
select count(*) from t order by a
select (select count(t.a)) from t
select (select count(t.a) from u) from t
select (select count(u.a) from u) from t
select (select sum(t.a + u.a) from u) from t
select (select t.a from u) from t group by b
select b, (select count(*) from u where u.a = t.a) from t group by b
select b, (select count(*) from u where u.b = t.b) from t group by b
select count(*) filter (where a > 1), sum(a) filter (where h) from t
select count(*) filter (where a) from t
select count(*) filter (where count(*) > 1) from t
select string_agg(b, ',' order by a desc), array_agg(distinct a order by a), array_agg(b order by b, a) from t
select array_agg(distinct a order by b) from t
select array_agg(distinct f), count(distinct f) from t
select count(distinct x::json) from u
select a, grouping(a), count(*) from t group by rollup(a)
select a, b, count(*) from t group by cube(a, b)
select a, b, count(*) from t group by grouping sets ((a), (b), ())
select grouping(b) from t group by a
select c, a from t group by grouping sets ((a), ())
select percentile_cont(0.5) within group (order by j), percentile_disc(0.5) within group (order by a), mode() within group (order by b) from t
select percentile_cont(0.5) from t
select sum(a) within group (order by a) from t
select sum(generate_series(1,a)) from t
select every(h), bit_and(a), corr(j, j), regr_count(j, j), covar_pop(j, j) from t
select json_object_agg(a, b), jsonb_object_agg(b, a) from t
select array_agg(e), array_agg(null), array_agg('x') from t
select count(a, b) from t
select 1 from t group by ()
select b from t group by b, b
select b from t group by (b), (b, c)
select c from t group by (a, c)
select upper(b) from t group by b
select upper(b), b from t group by upper(b)
select case b when 'x' then 1 else 2 end from t group by b
select case b when 'x' then 1 else 2 end from t group by case b when 'x' then 1 else 2 end
select b, count(*) from t group by t
select a from t limit count(*)
select a from t join u on count(*) > 1
select * from generate_series(1, count(1))
-- windows
select row_number() over (), rank() over (order by a), sum(a) over (partition by b order by c), lag(a) over (order by a), lag(a, 1, 0) over w, first_value(b) over w from t window w as (order by a)
select row_number() from t
select row_number() over w from t
select sum(row_number() over ()) over () from t
select a from t where row_number() over () = 1
select sum(a) over (order by b rows between 1 preceding and current row) from t
select sum(a) over (order by b range between 1 preceding and current row) from t
select sum(a) over (order by a range between 1 preceding and current row) from t
select sum(a) over (order by d range between '1 day' preceding and current row) from t
select sum(a) over (order by d range between 1 preceding and current row) from t
select sum(a) over (range between 1 preceding and current row) from t
select sum(a) over (rows between a preceding and current row) from t
select sum(a) over (rows between 'x' preceding and current row) from t
select sum(a) over (groups between 1 preceding and current row) from t
select sum(count(*)) over (), count(*) from t
select b, sum(sum(a)) over (order by b) from t group by b
select b, sum(a) over (order by b) from t group by b
select row_number() over (order by a) from t order by 1
select distinct row_number() over (order by a) from t
select count(*) over (partition by count(*)) from t
select rank() over (partition by nope) from t
select sum(distinct a) over () from t
select sum(a order by a) over () from t
select row_number() filter (where true) over () from t
select rank() over (w order by b) from t window w as (partition by a)
select rank() over (w partition by b) from t window w as (partition by a)
select rank() over (w) from t window w as (order by a rows 1 preceding)
select 1 from t window w as (order by a), w as (order by b)
select nth_value(a, 2) over (order by b), ntile(4) over (order by b), dense_rank() over (order by b), percent_rank() over (order by b), cume_dist() over (order by b), lead(b, 2, 'x') over (order by a) from t
select lead(a, 1, 'x') over () from t
select ntile('x') over () from t
select a from t group by a having rank() over () = 1
select length(b) over () from t
select max(a) over (order by row_number() over ()) from t
-- order by, distinct, limit
select a from t order by b
select a as x from t order by x
select a as x from t order by x + 1
select a as b, b as a from t order by a
select a from t order by 2
select a from t order by 0
select a from t order by 'x'
select a from t order by 1.5
select a from t order by null
select a, a from t order by a
select a x, b x from t order by x
select distinct a from t order by b
select distinct a from t order by a, a + 1
select distinct a, b from t order by b desc
select distinct on (a) a, b from t order by a, b
select distinct on (a) a, b from t order by b, a
select distinct on (b) a from t
select distinct on (nope) a from t
select distinct on (1) a from t
select distinct f from t
select distinct x::json from u
select f::json from t order by f::json
select f from t order by f
select a from t order by a using <
select a from t order by a using >
select a from t order by a using +
select a from t order by a using =
select a from t order by a nulls first, b desc nulls last
select a from t limit 1 offset 2
select a from t limit 'x'
select a from t limit '1'
select a from t limit 1.5
select a from t limit a
select a from t limit b
select a from t limit null offset null
select a from t limit all
select a from t limit (select 1)
select a from t fetch first 3 rows with ties
select a from t order by a fetch first 3 rows with ties
select a from t order by a collate "C"
select b collate "C" from t order by b collate "C"
select a collate "C" from t
select b collate "nope" from t
-- set operations
select a from t union select a from u
select a from t union select b from u
select a, b from t union select a from u
select a from t union all select x from u
select 1 union select 2.5
select 1 union select 'a'
select 1 union select '2'
select 'a' union select 'b'
select null union select 1
select null union select null
select null union select null union select 1
select 'a' union all select null
select a as x from t union select x from u order by x
select a as x from t union select x from u order by a
select a as x from t union select x from u order by x + 1
select a as x from t union select x from u order by 1
select a as x from t union select x from u order by 2
(select a from t order by b limit 1) union all (select a from u)
(select a from t) intersect (select a from u) except select 1
select f::json from t union select f::json from t
select f::json from t union all select f::json from t
select g from t union select g from t
select g from t union select 'x'
select g from t union all select b from t
values (1, 'a'), (2, 'b')
values (1, 'a'), (2.5, null)
values (1), ('x')
values (1), ('2')
values (1, 2), (3)
values (a)
values (1, 2) order by column2 limit 1
values (1, 2) order by column3
select * from (values (1, 'a'), (2, null)) v(x, y)
select * from (values (null), (null)) v
select a from t union values (1)
values (default)
select a from t where a = (select a from t union select 'x')
-- subqueries
select (select a, b from t)
select (select a from t where false)
select array(select a from t), array(select b from t)
select array(select a, b from t)
select exists (select * from t), exists (select 1)
select 1 where exists (select nope from t)
select 1 = (select a from t), (select 'x'), (select null)
select a from t where a > (select avg(a) from t)
select a from t where (select true)
select a from t where (select 1)
select * from (select 1) x, (select 2) y
select * from (select 1 as a) x join (select 1 as a) y using (a)
-- common table expressions
with c as (select a, b from t) select * from c
with c as (select a, b from t) select c.a, d.b from c, c d where c.a = d.a
with c(x) as (select a, b from t) select x, b from c
with c(x, y, z) as (select a, b from t) select 1
with c as (select 1), c as (select 2) select 1
with c as (select * from d), d as (select 1) select * from c
with recursive c as (select * from d), d as (select 1 as x) select * from c
with recursive c(n) as (select 1 union all select n + 1 from c where n < 5) select * from c
with recursive c(n) as (select 1 union all select n + 1.5 from c where n < 5) select * from c
with recursive c(n) as (select 'a' union all select n || 'b' from c) select * from c
with recursive c(n) as (select 'a'::varchar(5) union all select n || 'b' from c) select * from c
with recursive c(n) as (select n from c) select * from c
with recursive c(n) as (select n from c union all select 1) select * from c
with recursive c(n) as (select 1 union all select n from c, c d) select * from c
with recursive c(n) as (select 1 union all select (select n from c)) select * from c
with recursive c(n) as (select 1 union all select n from t left join c on true) select * from c
with recursive c(n) as (select 1 intersect select n from c) select * from c
with recursive c(n) as (select 1 union select n from c order by 1) select * from c
with recursive c(n) as (select 1 union select n from c limit 1) select * from c
with recursive c(n) as (select 1 union all select n, 1 from c) select * from c
with c as (select 1 as x) select (select x from c), x from c
with c as (select 1 as x) select * from t where a in (select x from c)
with t as (select 1 as only) select * from t
with c as materialized (select 1) select * from c
with recursive c(n, s) as (select 1, 'x'::text union all select n + 1, s || 'y' from c where n < 3), d as (select max(n) m from c) select * from c, d
with c as (select nope from t) select 1
-- functions in from
select * from generate_series(1, 3)
select * from generate_series(1, 3) g
select * from generate_series(1, 3) g(x)
select g from generate_series(1, 3) g
select g.g, g.* from generate_series(1, 3) g
select * from generate_series(1, 3) with ordinality
select * from generate_series(1, 3) with ordinality g(x, y)
select * from unnest(array[1,2], array['a','b']) u(x, y)
select * from unnest(array[1,2]) with ordinality
select * from rows from (generate_series(1,2), generate_series(1,3)) as r(a, b)
select * from jsonb_each('{}')
select * from jsonb_each('{}') j(k, v)
select (jsonb_each('{}')).*
select (jsonb_each('{}')).key
select * from jsonb_to_record('{}') as x(a int, b text)
select * from jsonb_to_record('{}')
select * from upper('x') as x(a int)
select * from t, generate_series(1, t.a) g
select * from t, unnest(e) x
select * from t join lateral unnest(e) x on true
select * from current_date
select * from now() n
select * from length('x')
select * from generate_series(1, generate_series(1, 2))
select * from json_populate_record(null::record, '{}')
select x.* from regexp_matches('a','b') x
select * from pg_catalog.generate_series(1,2) as g(x, y)
select a from t where generate_series(1,2) = 1
select case when true then generate_series(1,2) end
select coalesce(generate_series(1,2), 1)
select a, generate_series(1,2) from t order by 2
select generate_series(1,2) + generate_series(1,3)
select a from t group by a, generate_series(1,2)
select a from t limit generate_series(1,2)
select count(generate_series(1,2))
-- views
select * from tv
select bb from tv where c > 1
select * from tv2
select x, y from tv2 v group by x, y
select tv from tv
select nope from tv
select b from tv
-- parameters
select $1
select $1 + 1
select $1 + $2
select a from t where a = $1
select a from t where b = $1 and c > $2 and d < $3
select a from t where a = $1 and b = $1
select $1::int, $1
select $2::int
select $1, $1::int
select coalesce($1, 1), case when $2 then 1 end
select a from t limit $1 offset $2
select $1 || $2
select $1 || 'x'
select upper($1), abs($2)
select a in ($1, $2), a = any ($3) from t
select a from t where b like $1 and $2 is null
select $1 is null
select array[$1, 2], array[$2]
select generate_series(1, $1)
values ($1, 1), (2, $2)
select $1 union select 1
select a from t where (a, b) = ($1, $2)
select a from t where d > now() - $1
select a from t where d > now() - $1::interval
select a from t where d - $1 > '1 day'
insert into t (a, b, c) values ($1, $2, $3)
insert into t (a, b, c) select $1, $2, $3
update t set b = $1, c = c + $2 where a = $3
select $0
select sum($1)
select concat($1, $2)
select format('%s', $1)
select to_jsonb($1)
-- insert
insert into t values (1)
insert into t (a, b) values (1, 'x')
insert into t (a, b) values ('x', 1)
insert into t (a, b) values (1, 2)
insert into t (a, b) values (now(), 2)
insert into t (a, nope) values (1, 2)
insert into t (a, a) values (1, 2)
insert into t (a, b) values (1)
insert into t (a, b) values (1, 2, 3)
insert into t (a, b) values ((1, 2))
insert into t values (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
insert into t (a, b) values (1, 'x'), (2)
insert into t (a, b) values (1, default), (default, 'x')
insert into t default values
insert into t select * from t
insert into t select 1, 'x'
insert into t (a) select b from t
insert into t (a) select 'x'
insert into t (a, c) select a, x from u
insert into t (a) select a from u union select 1
insert into t (a) (select a from u order by b limit 1)
insert into nope values (1)
insert into tv2 values (1)
insert into t (a) values (b)
insert into t (a) values (t.a)
insert into t (a) values ((select max(a) from t))
insert into t (a) values (sum(1))
insert into t (a) values (generate_series(1,2))
insert into t (a) values (generate_series(1,2)), (1)
insert into t (e[1]) values (1)
insert into t (e[1], e[2]) values (1, 2)
insert into t (a[1]) values (1)
insert into t (g) values ('toolongvalue'), (5)
insert into t (h, k, l) values (1, 'x', 2)
insert into t (k) values ('2020-01-01'), (now())
insert into v (a) values (1)
insert into v (id, a) values (1, 2)
insert into v (id, a) values (default, 2)
insert into v (id, a) overriding system value values (1, 2)
insert into v (id, a) overriding user value values (1, 2)
insert into v (gen) values (1)
insert into v (gen) values (default)
insert into v (id) select 1
insert into dflt (id) values (1)
insert into t (a, b) values (1, 'x') returning *
insert into t (a, b) values (1, 'x') returning a, b || 'y', nope
insert into t as x (a) values (1) returning x.a
insert into t as x (a) values (1) returning t.a
insert into t (a) values (1) returning count(*)
insert into t (a) values (1) returning (select max(a) from u where u.a = t.a)
insert into t (a) values (1) on conflict do nothing
insert into t (a) values (1) on conflict (a) do nothing
insert into t (a) values (1) on conflict (nope) do nothing
insert into t (a) values (1) on conflict do update set b = 'x'
insert into t (a) values (1) on conflict (a) do update set b = excluded.b, c = t.c + 1 where t.a > 1
insert into t (a) values (1) on conflict (a) do update set b = b
insert into t (a) values (1) on conflict (a) do update set nope = 1
insert into t (a) values (1) on conflict (a) do update set b = excluded.nope
insert into t (a) values (1) on conflict (a) do update set b = excluded.b returning excluded.b
insert into t (a) values (1) on conflict on constraint t_pkey do nothing
insert into t (a) values (1) on conflict on constraint nope do nothing
insert into t (a) values (1) on conflict (a) do update set (b, c) = (select 'x', 1)
insert into w (p, q) values (1, 2) on conflict (p, q) do nothing
insert into w (p, q) values (1, 2) on conflict (q, p) do nothing
insert into w (p, q) values (1, 2) on conflict (lower(r)) do nothing
insert into w (p, q) values (1, 2) on conflict (q) where p > 0 do nothing
with c as (select 1 as x) insert into t (a) select x from c
with c as (select 1 as x) insert into t (a) values ((select x from c)) returning a
-- update and delete
update t set b = 'x'
update t set b = 1
update t set a = 'x'
update t set a = b
update t set nope = 1
update t set t.b = 'x'
update t set a = 1, a = 2
update t set b = default, c = default
update t set c = c + 1, b = b || 'x' where a = 1
update t set c = count(*)
update t set c = sum(a) over ()
update t set c = generate_series(1,2)
update t set b = u.b from u where u.a = t.a
update t set b = u.b where u.a = t.a
update t set b = x.b from t x where x.a = t.a
update t x set b = 'a' where x.a = 1
update t x set b = 'a' where t.a = 1
update t set b = 'x' from t where t.a = 1
update t set (b, c) = ('x', 1)
update t set (b, c) = row('x', 1)
update t set (b, c) = ('x', 1, 2)
update t set (b, c) = (select b, x from u where u.a = t.a)
update t set (b, c) = (select b from u)
update t set (b, c) = 1
update t set e[1] = 5, e[2] = 6
update t set e[1:2] = '{1,2}'
update t set e[1] = 'x'
update t set f['a'] = '1'
update t set b[1] = 'x'
update t set b = 'x' where nope
update t set b = 'x' where a
update t set b = 'x' returning *
update t set b = 'x' from u where u.a = t.a returning t.*, u.b
update t set b = 'x' returning count(*)
update v set id = 5
update v set id = default
update v set gen = 5
update v set gen = default
update nope set a = 1
update tv2 set x = 1
update t set a = $1 where b = $2 returning c
delete from t
delete from t where a = 1
delete from t where nope = 1
delete from t using u where u.a = t.a
delete from t using u where u.a = t.a returning t.a, u.*
delete from t x where x.a = 1 returning x.*
delete from t x where t.a = 1
delete from t where count(*) > 1
delete from nope
with c as (select 1 as x) delete from t where a in (select x from c)
with c as (select 1 as x) update t set b = (select 'y' from c)
-- locking
select * from t for update
select * from t for share of t
select * from t for update of nope
select * from t x for update of t
select count(*) from t for update
select distinct a from t for update
select a from t group by a for update
select a from t union select 1 for update
select * from t, u for update of t for share of u nowait
values (1) for update
select a from (select 1 as a) x for update of x
-- writes through views
insert into tv values (1, 'x', 2)
insert into tv (a, bb) values (1, 'x') returning *
insert into tv (b) values (1)
insert into tv (a) values (1) on conflict (a) do update set bb = excluded.bb, c = tv.c where tv.a > 1 returning tv.bb
update tv set bb = 'x' where a = 1 returning *, tv.c + 1
update tv set b = 'x'
update tv v set c = v.c + 1 from u where u.a = v.a returning v.bb, u.b
delete from tv where bb = 'x' returning a, bb
delete from tv2
update te set s = 1
update te set a = 1 where s > 2 returning s
insert into te values (1, 2)
delete from te using u where te.s = u.a
