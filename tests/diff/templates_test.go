package diff

// templates are expressions by result type. {type} is an expression of that type,
// {type#} a constant of it, {S} and {T} one type that has an ordering, {A} any type; other
// words in braces are constants of holes below. A leading ! marks what may fail
// on ordinary values; a statement gets at most one of these.
const templates = `
bool: {S} = {S}
bool: {S} <> {S}
bool: {S} < {S}
bool: {S} >= {S}
bool: {int4} > {int4}
bool: {int4} = {int8}
bool: {int2} < {int4}
bool: {int8} <= {numeric}
bool: {numeric} > {float8}
bool: {float4} < {float8}
bool: {date} < {timestamp}
bool: {timestamp} <= {timestamptz}
bool: {text} = {varchar}
bool: {text} = {bpchar}
bool: {name} = {text}
bool: {oid} = {int4}
bool: NOT {bool}
bool: {bool} AND {bool}
bool: {bool} OR {bool}
bool: {A} IS NULL
bool: {A} IS NOT NULL
bool: {S} IS DISTINCT FROM {S}
bool: {S} IS NOT DISTINCT FROM {S}
bool: {bool} IS TRUE
bool: {bool} IS NOT FALSE
bool: {bool} IS UNKNOWN
bool: {S} BETWEEN {S} AND {S}
bool: {S} NOT BETWEEN SYMMETRIC {S} AND {S}
bool: {S} IN ({S}, {S}, {S#})
bool: {S} NOT IN ({S}, {S#})
bool: ({S}, {int4}) = ({S}, {int4})
bool: ({S}, {int4}) < ({S}, {int4})
bool: ({int4}, {text}) IN (({int4}, {text}), ({int4#}, {text#}))
bool: ROW({int4}, {text}) IS NULL
bool: ROW({int4}, {text}) IS NOT DISTINCT FROM ROW({int4}, {text})
bool: {text} LIKE {pat}
bool: {text} NOT LIKE {pat}
bool: {text} ILIKE {pat}
bool: {text} LIKE {pat} ESCAPE '!'
bool: {text} ~ {re}
bool: {text} ~* {re}
bool: {text} !~ {re}
bool: {text} SIMILAR TO {sim}
bool: starts_with({text}, {text})
bool: {text} ^@ {text}
bool: {int4} = ANY ({int4[]})
bool: {int4} <> ALL ({int4[]})
bool: {text} = ANY ({text[]})
bool: {int4} > ANY (ARRAY[{int4}, {int4}])
bool: {int4[]} @> {int4[]}
bool: {text[]} && {text[]}
bool: {int4[]} <@ {int4[]}
bool: {int4[]} < {int4[]}
bool: isfinite({timestamp})
bool: isfinite({date})
bool: isfinite({interval})
bool: ({date}, {date}) OVERLAPS ({date}, {date})
bool: ({timestamp#}, {interval}) OVERLAPS ({timestamp#}, {timestamp#})
bool: {jsonb} = {jsonb}
bool: {jsonb} @> {jsonb}
bool: {jsonb} ? {key}
bool: {text}::bool IS NULL
bool: booleq({bool}, {bool})
bool: {int4}::bool
bool: {date} = {date} + 0
bool: now() >= transaction_timestamp()
bool: {uuid} < {uuid}
bool: {bytea} < {bytea}
bool: {bytea} LIKE {bytea}
bool: {interval} > {interval}
int4: {int4} + {int4}
int4: {int4} - {int4}
int4: !{int4} * {int4}
int4: !{int4} / {int4}
int4: {int4} / 3
int4: {int4} % 7
int4: !{int4} % {int4}
int4: - {int4}
int4: + {int4}
int4: @ {int4}
int4: abs({int4})
int4: {int4} & {int4}
int4: {int4} | {int4}
int4: {int4} # {int4}
int4: ~ {int4}
int4: {int4} << {n}
int4: {int4} >> {n}
int4: sign({int4})::int4
int4: length({text})
int4: char_length({varchar})
int4: octet_length({text})
int4: bit_length({text})
int4: length({bytea})
int4: position({text} IN {text})
int4: strpos({text}, {text})
int4: ascii({text})
int4: {int2}::int4
int4: !{int8}::int4
int4: !{numeric}::int4
int4: !{float8}::int4
int4: !CAST({text} AS int4)
int4: {bool}::int4
int4: array_length({int4[]}, 1)
int4: cardinality({text[]})
int4: array_upper({int4[]}, 1)
int4: array_lower({text[]}, 1)
int4: array_ndims({int4[]})
int4: array_position({int4[]}, {int4})
int4: ({int4[]})[{n}]
int4: ({int4[]})[{int4}]
int4: extract(year FROM {date})::int4
int4: extract(dow FROM {date})::int4
int4: {date} - {date}
int4: !gcd({int4}, {int4})
int4: !lcm({int4}, {int4})
int4: width_bucket({float8}, 0, 10, 5)
int4: jsonb_array_length('[1,2]'::jsonb)
int4: !jsonb_array_length({jsonb})
int4: num_nulls({A}, {S}, {int4})
int4: num_nonnulls({A}, {int4})
int4: CASE WHEN {bool} THEN {int4} ELSE {int4} END
int8: !factorial({n})::int8
int4: mod({int4}, 5)
int4: div({numeric}, 3)::int4
int4: get_byte('\x0102'::bytea, 1)
int4: scale({numeric})
int4: min_scale({numeric})
int4: regexp_count({text}, {re})
int4: regexp_instr({text}, {re})
int8: {int8} + {int8}
int8: {int8} - {int4}
int8: !{int8} * {int8}
int8: !{int8} / {int8}
int8: {int8} % 5
int8: {int4}::int8
int8: {int4}::bigint * 3
int8: !{numeric}::int8
int8: !{float8}::int8
int8: abs({int8})
int8: {int8} & {int8}
int8: {int8} << {n}
int8: {oid}::int8
int8: length({text})::int8
int8: !gcd({int8}, {int8})
int2: {int2} + {int2}
int2: !{int2} * {int2}
int2: !{int4}::int2
int2: - {int2}
int2: {int2} % 3::int2
int2: !{int2} / {int2}
int2: {int2} & {int2}
numeric: {numeric} + {numeric}
numeric: {numeric} - {numeric}
numeric: {numeric} * {numeric}
numeric: !{numeric} / {numeric}
numeric: {numeric} / 3
numeric: !{numeric} % {numeric}
numeric: {numeric} % 2.5
numeric: - {numeric}
numeric: abs({numeric})
numeric: {int4}::numeric
numeric: {int4} * 1.5
numeric: {int4} / 2.0
numeric: {numeric}::numeric(20,3)
numeric: !{numeric}::numeric(4,2)
numeric: {float8}::numeric
numeric: round({numeric})
numeric: round({numeric}, {n})
numeric: round({numeric}, -1)
numeric: trunc({numeric}, 1)
numeric: ceil({numeric})
numeric: floor({numeric})
numeric: sign({numeric})
numeric: !sqrt({numeric})
numeric: !ln({numeric})
numeric: !log({numeric})
numeric: !exp({int4#}::numeric)
numeric: !power({numeric#}, {n})
numeric: power(1.5, {n})
numeric: !log(2.0, {numeric})
numeric: greatest({numeric}, {numeric})
numeric: least({int4}, {numeric})
numeric: div({numeric}, 2)
numeric: mod({numeric}, 3)
numeric: trim_scale({numeric})
numeric: extract(epoch FROM {timestamp})
numeric: extract(epoch FROM {interval})
numeric: extract({unit} FROM {timestamp})
numeric: !extract({dunit} FROM {date})
numeric: extract({tunit} FROM {time})
numeric: extract({iunit} FROM {interval})
numeric: !CAST({text} AS numeric)
numeric: !to_number({numeric#}::text, '999999.99')
numeric: ({numeric[]})[1]
float8: {float8} + {float8}
float8: {float8} - {float8}
float8: !{float8} * {float8}
float8: !{float8} / {float8}
float8: {float8} / 4
float8: - {float8}
float8: abs({float8})
float8: {int4}::float8
float8: {numeric}::float8
float8: {float4}::float8
float8: !sqrt({float8})
float8: !cbrt({float8})
float8: round({float8})
float8: ceil({float8})
float8: floor({float8})
float8: trunc({float8})
float8: sign({float8})
float8: !exp({n}::float8)
float8: !ln({float8})
float8: !log({float8})
float8: !power({float8}, {n})
float8: !{n}::float8 ^ {n}
float8: |/ {n}::float8
float8: sin({n}::float8)
float8: atan2({n}::float8, 2)
float8: degrees({n}::float8)
float8: radians({float8})
float8: pi()
float8: !CAST({text} AS float8)
float8: date_part({unit}, {timestamp})
float8: date_part('epoch', {interval})
float8: {int4} + {float8}
float4: {float4} + {float4}
float4: !{float4} * {float4}
float4: - {float4}
float4: {int4}::float4
float4: !{float8}::float4
float4: {numeric}::real
text: {text} || {text}
text: {text} || {int4}
text: {A}::text
text: {S} || ''
text: {varchar} || {text}
text: upper({text})
text: lower({text})
text: initcap({text})
text: substr({text}, {n})
text: substr({text}, {n}, {n})
text: substring({text} FROM {n} FOR {n})
text: substring({text} FROM {re})
text: !substring({text}, {int4}, {int4})
text: left({text}, {int4})
text: right({text}, {int4})
text: trim({text})
text: trim(BOTH 'a' FROM {text})
text: ltrim({text}, 'ab ')
text: rtrim({text}, 'b')
text: btrim({text}, {text})
text: lpad({text}, {n}, {text})
text: rpad({text}, {n}, 'xy')
text: lpad({text}, {n})
text: replace({text}, {text}, {text})
text: translate({text}, 'abc', 'xy')
text: reverse({text})
text: repeat({text}, {n})
text: split_part({text}, ' ', 1)
text: !split_part({text}, {text}, {int4})
text: overlay({text} PLACING 'XX' FROM 2)
text: overlay({text} PLACING {text} FROM 1 FOR {n})
text: concat({A}, {text}, {int4})
text: concat_ws(',', {text}, {int4}, NULL, {S})
text: format('%s-%s', {text}, {int4})
text: format('%L %I', {text}, {text})
text: format('%10s|%-5s|', {text}, {int4})
text: quote_literal({text})
text: quote_ident({text})
text: quote_nullable({text})
text: md5({text})
text: to_hex({int4})
text: to_hex({int8})
text: chr(65 + {n})
text: !chr({int4})
text: regexp_replace({text}, {re}, 'X')
text: regexp_replace({text}, {re}, '<\&>', 'g')
text: regexp_replace({text}, '(a)(b)', '\2\1', 'gi')
text: (regexp_match({text}, {re}))[1]
text: regexp_substr({text}, {re})
text: array_to_string({int4[]}, ',', '*')
text: array_to_string({text[]}, '')
text: ({text[]})[{n}]
text: to_char({int4}, {nfmt})
text: to_char({numeric}, {nfmt})
text: to_char({float8}, '999.99')
text: to_char({timestamp}, {fmt})
text: to_char({date}, {fmt})
text: to_char({timestamptz}, {fmt})
text: to_char({interval}, 'HH24:MI:SS')
text: {jsonb} ->> {key}
text: {jsonb} ->> {n}
text: {json} ->> {key}
text: {jsonb} #>> {path}
text: {json} #>> {path}
text: pg_typeof({A})::text
text: pg_typeof({int4} + {numeric})::text
text: encode({bytea}, 'hex')
text: encode({bytea}, 'base64')
text: encode({bytea}, 'escape')
text: CASE {int4} WHEN 1 THEN {text} WHEN {int4} THEN 'two' END
text: CASE WHEN {bool} THEN {text} ELSE {text} END
text: coalesce({text}, {text})
text: nullif({text}, {text})
text: greatest({text}, {text}, {varchar})
text: {bool}::text
text: {uuid}::text
text: {interval}::text
text: {timestamptz}::text
text: {float8}::text
text: {bpchar}::text
text: {bpchar} || {bpchar}
text: jsonb_typeof({jsonb})
text: json_typeof({json})
text: string_to_array({text}, ' ')::text
text: {text} COLLATE "C"
text: normalize({text})
text: unistr('\0041')
text: !format({text}, {int4})
text: oid({n})::regtype::text
text: {int4}::regtype::text
text: to_json({S})::text
text: left(sha256({bytea})::text, 10)
varchar: {text}::varchar
varchar: {text}::varchar(3)
varchar: {varchar}::varchar(5)
varchar: {int4}::varchar
bpchar: {text}::char(3)
bpchar: {bpchar}::char(8)
bpchar: {text}::bpchar
bytea: {bytea} || {bytea}
bytea: substr({bytea}, {n})
bytea: substring({bytea} FROM 1 FOR {n})
bytea: sha256({bytea})
bytea: convert_to({text}, 'UTF8')
bytea: !decode({text}, 'hex')
bytea: decode('616263', 'hex')
bytea: set_byte('\x010203'::bytea, 1, {n})
bytea: overlay({bytea} PLACING '\xff'::bytea FROM 1)
bytea: trim('\x00'::bytea FROM {bytea})
date: {date} + {n}
date: !{date} + {int4}
date: {date} - {n}
date: {timestamp}::date
date: {timestamptz}::date
date: !make_date({int4}, {n}, {n})
date: make_date(2020, 2, 29)
date: !to_date({date#}::text, 'YYYY-MM-DD')
date: to_date('20 Mar 2021', 'DD Mon YYYY')
date: !{text}::date
date: greatest({date}, {date})
time: {timestamp}::time
time: {time} + {interval}
time: {interval}::time
time: make_time({n}, {n}, 1.5)
time: {time}::time(1)
time: !{text}::time
timestamp: {timestamp} + {interval}
timestamp: {timestamp} - {interval}
timestamp: {date} + {time}
timestamp: {date} + {interval}
timestamp: {date}::timestamp
timestamp: {timestamptz}::timestamp
timestamp: {timestamptz} AT TIME ZONE {tz}
timestamp: date_trunc({unit}, {timestamp})
timestamp: date_trunc('month', {date}::timestamp)
timestamp: !make_timestamp({int4}, 1, {n}, {n}, 0, 0.5)
timestamp: {timestamp}::timestamp(1)
timestamp: date_bin('15 minutes', {timestamp}, timestamp '2001-01-01')
timestamp: to_timestamp('2020-01-02 03:04', 'YYYY-MM-DD HH24:MI')::timestamp
timestamp: !{text}::timestamp
timestamptz: {timestamptz} + {interval}
timestamptz: {timestamptz} - {interval}
timestamptz: {timestamp}::timestamptz
timestamptz: {timestamp} AT TIME ZONE {tz}
timestamptz: date_trunc({unit}, {timestamptz})
timestamptz: date_trunc('day', {timestamptz}, {tz})
timestamptz: {date}::timestamptz
timestamptz: to_timestamp({n})
timestamptz: !to_timestamp({float8})
timestamptz: greatest({timestamptz}, {timestamptz})
timestamptz: make_timestamptz(2020, {n} + 1, 5, 6, 7, 8.5, {tz})
interval: {interval} + {interval}
interval: {interval} - {interval}
interval: {interval} * {n}
interval: {interval} * 1.5
interval: {interval} / 2
interval: !{interval} / {int4}
interval: - {interval}
interval: !{timestamp} - {timestamp}
interval: !{timestamptz} - {timestamptz}
interval: {time} - {time}
interval: age({timestamp#}, {timestamp#})
interval: justify_days({interval})
interval: justify_hours({interval})
interval: justify_interval({interval})
interval: make_interval(days => {n}, hours => {n})
interval: make_interval({n}, {n})
interval: {int4}::text::interval
interval: !{text}::interval
interval: {time}::interval
interval: interval '1' day * {n}
interval: interval '1:30' minute to second
interval: {interval}::interval(2)
interval: date_trunc('hour', {interval})
uuid: {uuid}
uuid: !{text}::uuid
uuid: md5({text})::uuid
uuid: greatest({uuid}, {uuid})
jsonb: {jsonb} -> {key}
jsonb: {jsonb} -> {n}
jsonb: {jsonb} #> {path}
jsonb: {json}::jsonb
jsonb: to_jsonb({S})
jsonb: to_jsonb({int4[]})
jsonb: jsonb_build_object('a', {S}, 'b', {int4})
jsonb: jsonb_build_array({A}, {text})
jsonb: {jsonb} || {jsonb}
jsonb: !{jsonb} - {key}
jsonb: jsonb_set('{"a":1}'::jsonb, '{a}', {jsonb})
jsonb: jsonb_strip_nulls({jsonb})
jsonb: !{text}::jsonb
json: {json} -> {key}
json: {json} -> {n}
json: {jsonb}::json
json: to_json({S})
json: json_build_object('k', {S})
json: json_build_array({text}, {numeric})
json: row_to_json(ROW({int4}, {text}))
json: !{text}::json
json: array_to_json({int4[]})
int4[]: {int4[]} || {int4}
int4[]: {int4} || {int4[]}
int4[]: {int4[]} || {int4[]}
int4[]: ARRAY[{int4}, {int4}]
int4[]: array_append({int4[]}, {int4})
int4[]: array_prepend({int4}, {int4[]})
int4[]: array_remove({int4[]}, {int4})
int4[]: array_replace({int4[]}, {int4}, {int4})
int4[]: ({int4[]})[1:2]
int4[]: ({int4[]})[{n}:{n}]
int4[]: array_positions({int4[]}, {int4})
int4[]: array_fill({int4}, ARRAY[2])
int4[]: {int4[]}::int8[]::int4[]
int4[]: trim_array('{1,2,3}'::int4[], 1)
text[]: {text[]} || {text}
text[]: ARRAY[{text}, {text}]
text[]: string_to_array({text}, ',')
text[]: string_to_array({text}, NULL)
text[]: regexp_split_to_array({text}, {re})
text[]: regexp_match({text}, {re})
text[]: {int4[]}::text[]
text[]: array_cat({text[]}, {text[]})
text[]: array_remove({text[]}, {text})
numeric[]: ARRAY[{numeric}, {numeric}]
numeric[]: {int4[]}::numeric[]
numeric[]: array_append({numeric[]}, {numeric})
oid: {oid}
oid: {n}::oid
name: {text}::name
name: {name}
"char": {text}::"char"
"char": {int4}::"char"
A: coalesce({A}, {A})
A: CASE WHEN {bool} THEN {A} ELSE {A} END
A: CASE WHEN {bool} THEN {A} END
S: nullif({S}, {S})
S: greatest({S}, {S})
S: least({S}, {S}, {S})
S: CASE {S} WHEN {S} THEN {S} ELSE {S} END
`

// holes are constants that templates name.
var holes = map[string][]string{
	"n":     {"0", "1", "2", "3", "4", "5"},
	"pat":   {"'a%'", "'%b%'", "'_b%'", "'%'", "''", "'h_llo%'", `'a\%b%'`, "'%!%%'", "'Hello'", "'%o'"},
	"re":    {"'a'", "'^a'", "'b+'", "'[a-c]+'", "'(a|b)c?'", `'\d+'`, `'\w+'`, "'^$'", "'l{2}'", "'(.)(.)'", "'x*'", `'\s'`, "'[[:alpha:]]+'", "'o$'"},
	"sim":   {"'a%'", "'(a|b)%'", "'[abc]+'", "'%(l|o)_'", "'_+'"},
	"unit":  {"'year'", "'month'", "'day'", "'hour'", "'minute'", "'second'", "'quarter'", "'week'", "'decade'", "'century'", "'millennium'", "'milliseconds'", "'microseconds'"},
	"dunit": {"year", "month", "day", "dow", "isodow", "doy", "week", "isoyear", "quarter", "decade", "century", "epoch", "julian"},
	"tunit": {"hour", "minute", "second", "epoch", "milliseconds", "microseconds"},
	"iunit": {"year", "month", "day", "hour", "minute", "second", "epoch", "decade", "quarter"},
	"tz":    {"'UTC'", "'America/New_York'", "'Europe/Berlin'", "'Asia/Kolkata'", "'+03'", "'EST5EDT'", "'PST'"},
	"fmt":   {"'YYYY-MM-DD'", "'DD Mon YYYY'", "'HH24:MI:SS.US'", "'Day, DDth Month YYYY'", "'IYYY-IW-ID'", "'FMHH12:MI am'", "'J Q WW'", "'YY,YYY \"text\" MS'", "'Dy D DDD RM BC'"},
	"nfmt":  {"'999'", "'FM9990.00'", "'S999.9'", "'0000'", "'9,999.99'", "'999PR'", "'MI99'", "'RN'", "'99EEEE'", "'9th'"},
	"key":   {"'a'", "'b'", "'c'", "'nosuch'", "''"},
	"path":  {"'{a}'", "'{a,b}'", "'{a,b,0}'", "'{0}'", "'{}'", "'{c,0,d}'"},
}
