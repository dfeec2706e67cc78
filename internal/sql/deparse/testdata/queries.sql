select a, b from t
select a as x, b as "Y z" from t tt where a > 1
select * from u
select t.a, u.b from t join u on t.a = u.a
select t.a, u.b as ub from t left join u on t.a = u.a and u.x > 5 where t.b = 'x'
select a, t.b as tb, u.b as ub from t join u using (a)
select a, t.b as tb from t full join u using (a)
select t.a, w.p from t cross join w
select t.a, w.p from t, w where t.a = w.p
select t.a, u.x, w.q from t left join u on t.a = u.a right join w on w.p = u.a
select a + 1 as s, a * 2 + 3 as m, (a + 1) * 2 as n, -a as neg, a - (a - 1) as d, c / 2 as q, 2 ^ a as p from t
select c >= 0 as ok, c > 1.5 as ok2, j < 2 as ok3, i = a as ok4, b = 'x' as ok5, g = 'y' as ok6, m = 'z' as ok7 from t
select a from t where a in (1, 2, 3) and b not in ('x', 'y') or c is null and not h
select a from t where a between 1 and 5 and b like 'a%' and b ilike '%b' and b ~ 'x' and b not like 'q'
select a from t where h and (a = 1 or a = 2) and not (b = 'x' and c = 1)
select case when a > 1 then 'big' when a < 0 then 'neg' else 'small' end as size from t
select case a when 1 then 'one' when 2 then 'two' end as name, 1 as one from t
select coalesce(b, 'none') as b, nullif(a, 0) as a, greatest(a, 1) as g, least(i, a) as l from t
select a::text as x, b::int as y, c::numeric(5,1) as z, d::date as dd, a::bigint as bb, '5'::int as five, 'abc'::varchar(2) as v, 5::numeric as n, '2020-01-01'::date as k from t
select 'it''s' as q, 1.5 as f, -5 as neg, 12345678901 as big, true as t, null as n, null::int as ni, '{"a":1}'::jsonb as js, interval '1 day' as iv, '1.50'::numeric(10,2) as nn
select count(*) as c, count(distinct b) as d, sum(a) as s, avg(c) as av, max(d) filter (where a > 1) as m, string_agg(b, ',' order by a desc, b) as sa from t
select b, count(*) as n from t group by b having count(*) > 1 order by count(*) desc, b
select b, upper(b) as u, sum(a) as s from t group by b, upper(b)
select a, b, count(*) as n from t group by rollup(a, b)
select a, b, grouping(a) as g from t group by grouping sets ((a), (a, b), ())
select a, b from t order by a, b desc nulls last, c nulls first limit 10 offset 5
select distinct a, b from t order by a
select distinct on (b) a, b from t order by b, a desc
select a from t where exists (select 1 from u where u.a = t.a)
select a from t where a in (select a from u) and b not in (select u.b from u where u.x = t.a)
select a, (select max(x) from u where u.a = t.a) as m from t
select a from t where a > all (select x from u) or a = any (select a from u) or a < any (array[1, 2])
select array(select a from u order by x) as arr
select a from t union select a from u
select a from t union all select a from u order by 1 limit 3
(select a from t) intersect (select a from u) except select 1
select a from t union (select a from u union all select p from w)
(select a from t order by a limit 1) union all select 2
with c as (select a, b from t) select c.a from c where c.b = 'x'
with recursive r(n) as (select 1 union all select r.n + 1 from r where r.n < 5) select n from r
with c as materialized (select 1 as one), d as (select 2 as two) select c.one, d.two from c, d
select x.a from (select a, b from t where a > 1) x
select x.p from (select a, b from t) x(p, q) where x.q = 'z'
select s.a, y.m from t s, lateral (select max(x) as m from u where u.a = s.a) y
values (1, 'a'), (2, 'b')
select v.x, v.y from (values (1, 'a'), (2, 'b')) v(x, y)
select g.g from generate_series(1, 3) g
select n from generate_series(1, 3) as s(n)
select x, o from unnest(array[1,2]) with ordinality as z(x, o)
select row_number() over (partition by b order by a) as rn, sum(c) over w as s, rank() over (order by a desc) as r from t window w as (partition by b order by a rows between 1 preceding and current row)
select first_value(a) over (order by b rows unbounded preceding) as f, count(*) over () as n from t
select upper(b) as u, length(b) as l, substr(b, 1, 2) as s, abs(a) as ab, now() as n, current_date as cd, current_user as cu, current_timestamp(3) as ct from t
select extract(year from d) as y, d at time zone 'UTC' as tz, position('x' in b) as p, trim(both 'x' from b) as tr, substring(b from 2 for 3) as ss, overlay(b placing 'y' from 1) as ov from t
select array[a, 2] as arr, e[1] as e1, e[1:2] as sl, array[]::int[] as emp, (a, b) = (1, 'x') as eq, (a, c) < (1, 2) as lt from t
select f -> 'a' as x, f ->> 'b' as y, f #> '{a,b}' as z, f || '{}' as w from t
select a is distinct from 1 as d, b is not distinct from 'x' as nd, h is true as ht, h is not false as hf, b is not null as bn, not h as nh from t
select concat(a, b) as c, concat_ws(',', a, b) as w, format('%s', a) as f, jsonb_build_object('a', a) as o from t
select t.a, v.b from t, tv2 tt, v where t.a = v.a
select bb from tv where c > 1
select l + 1 as x, l + a as y, i + a as z, c + a as w, j + c as q from t
select k + 1 as tomorrow, d - interval '1 day' as before, d - k as diff, k - k as days from t
select a from t for update
select a from t x where x.a = (select min(t.a) from t)
select 'x' as const, 1 as one from t order by 2
select sum(a + 1) as s, sum(case when h then 1 else 0 end) as k from t
select t.* from t t, u
select u.a as a1, u_1.a as a2 from u join u u_1 on u.a = u_1.a
select b || 'x' as s, 'x' || a as s2, g || m as s3, b || null as s4 from t
select a from t where d > '2020-01-01' and k = '2020-01-01' and n = '00000000-0000-0000-0000-000000000000'
select percentile_cont(0.5) within group (order by j) as med from t
select a, system_seq_start from t FOR SYSTEM_TIME AS OF @SEQ:5
select a from t FOR SYSTEM_TIME AS OF '2020-01-01' x where x.a = 1
select a from t FOR SYSTEM_TIME ALL
