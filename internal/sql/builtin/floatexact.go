package builtin

import "math"

// The functions here round their true result correctly in nearly all cases, as
// the C library under PostgreSQL does; those of package math may be off by one
// or more units in the last place, which shows in the shortest text. They
// compute with pairs of floats ("double-double", about 105 bits).

// pair is the unevaluated sum hi + lo with |lo| at most half a unit of hi.
type pair struct{ hi, lo float64 }

func twoSum(a, b float64) pair {
	s := a + b
	v := s - a
	return pair{s, (a - (s - v)) + (b - v)}
}

func quickSum(a, b float64) pair {
	s := a + b
	return pair{s, b - (s - a)}
}

func twoProduct(a, b float64) pair {
	p := a * b
	return pair{p, math.FMA(a, b, -p)}
}

func (a pair) add(b pair) pair {
	s := twoSum(a.hi, b.hi)
	t := twoSum(a.lo, b.lo)
	s = quickSum(s.hi, s.lo+t.hi)
	return quickSum(s.hi, s.lo+t.lo)
}

func (a pair) neg() pair { return pair{-a.hi, -a.lo} }

func (a pair) mul(b pair) pair {
	p := twoProduct(a.hi, b.hi)
	return quickSum(p.hi, p.lo+(a.hi*b.lo+a.lo*b.hi))
}

func (a pair) div(b pair) pair {
	q1 := a.hi / b.hi
	r := a.add(b.mul(pair{hi: q1}).neg())
	q2 := r.hi / b.hi
	r = r.add(b.mul(pair{hi: q2}).neg())
	q := quickSum(q1, q2)
	return q.add(pair{hi: r.hi / b.hi})
}

func (a pair) scale(f float64) pair { return pair{a.hi * f, a.lo * f} } // f a power of two

var (
	pairLn2  = pair{math.Ln2, 2.3190468138462996e-17}
	pairLn10 = pair{2.302585092994046, -2.1707562233822494e-16}
	// pi/2 in three parts, so that multiples of it can be taken off exactly enough.
	halfPi = [3]float64{1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33}
)

// expPair returns e^x for |x| small enough not to overflow, as a pair times 2^k.
func expPair(x pair) (r pair, k int) {
	k = int(math.Round(x.hi / math.Ln2))
	r = x.add(pairLn2.mul(pair{hi: float64(-k)}))
	const halvings = 8
	r = r.scale(1.0 / (1 << halvings))
	// expm1 by its series, then doubled back: (1+s)^2 - 1 = 2s + s^2.
	sum, term := r, r
	for n := 2; n <= 11; n++ {
		term = term.mul(r).div(pair{hi: float64(n)})
		sum = sum.add(term)
	}
	for range halvings {
		sum = sum.scale(2).add(sum.mul(sum))
	}
	return sum.add(pair{hi: 1}), k
}

// logPair returns ln(x) for finite x > 0.
func logPair(x float64) pair {
	m, k := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, k = m*2, k-1
	}
	y := pair{hi: math.Log(m)}
	e, shift := expPair(y.neg())
	e = e.mul(pair{hi: math.Ldexp(m, shift)}).add(pair{hi: -1})
	y = y.add(e).add(e.mul(e).scale(-0.5))
	return y.add(pairLn2.mul(pair{hi: float64(k)}))
}

func exactExp(x float64) float64 {
	if math.IsNaN(x) || math.Abs(x) > 700 || math.Abs(x) < 1e-20 {
		return math.Exp(x)
	}
	r, k := expPair(pair{hi: x})
	return math.Ldexp(r.hi, k)
}

func exactLog(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return math.Log(x)
	}
	return logPair(x).hi
}

func exactLog10(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return math.Log10(x)
	}
	return logPair(x).div(pairLn10).hi
}

// exactPow handles the ordinary cases and leaves the special ones to math.Pow.
func exactPow(x, y float64) float64 {
	plain := math.Pow(x, y)
	if plain == 0 || math.IsNaN(plain) || math.IsInf(plain, 0) || math.IsInf(y, 0) || y == 0 || math.Abs(y) > 1e15 {
		return plain
	}
	r, k := expPair(logPair(math.Abs(x)).mul(pair{hi: y}))
	f := math.Ldexp(r.hi, k)
	return math.Copysign(f, plain)
}

// sinCosPair returns sine and cosine of x; ok is false when x is too large to
// reduce here.
func sinCosPair(x float64) (sin, cos pair, ok bool) {
	if math.IsNaN(x) || math.Abs(x) > 1e5 {
		return pair{}, pair{}, false
	}
	k := math.Round(x / halfPi[0])
	r := pair{hi: x}
	for _, part := range halfPi {
		r = r.add(twoProduct(-k, part))
	}
	square := r.mul(r).neg()
	sin, cos = r, pair{hi: 1}
	sinTerm, cosTerm := r, pair{hi: 1}
	for n := 1; n <= 14; n++ {
		cosTerm = cosTerm.mul(square).div(pair{hi: float64((2*n - 1) * (2 * n))})
		sinTerm = sinTerm.mul(square).div(pair{hi: float64((2 * n) * (2*n + 1))})
		cos, sin = cos.add(cosTerm), sin.add(sinTerm)
	}
	switch int64(k) & 3 {
	case 1:
		sin, cos = cos, sin.neg()
	case 2:
		sin, cos = sin.neg(), cos.neg()
	case 3:
		sin, cos = cos.neg(), sin
	}
	return sin, cos, true
}

func exactSin(x float64) float64 {
	if s, _, ok := sinCosPair(x); ok && math.Abs(x) > 1e-20 {
		return s.hi
	}
	return math.Sin(x)
}

func exactCos(x float64) float64 {
	if _, c, ok := sinCosPair(x); ok {
		return c.hi
	}
	return math.Cos(x)
}

func exactTan(x float64) float64 {
	if s, c, ok := sinCosPair(x); ok && math.Abs(x) > 1e-20 {
		return s.div(c).hi
	}
	return math.Tan(x)
}

// exactAtan2 improves math.Atan2 by one Newton step.
func exactAtan2(y, x float64) float64 {
	t := math.Atan2(y, x)
	if y == 0 || x == 0 || isInf(y) || isInf(x) || math.IsNaN(t) || math.Abs(t) < 1e-300 || math.Abs(x)+math.Abs(y) > 1e300 {
		return t
	}
	s, c, ok := sinCosPair(t)
	if !ok {
		return t
	}
	// tan(true - t) = (y cos t - x sin t) / (x cos t + y sin t)
	px, py := pair{hi: x}, pair{hi: y}
	num := py.mul(c).add(px.mul(s).neg())
	den := px.mul(c).add(py.mul(s))
	return pair{hi: t}.add(num.div(den)).hi
}

func exactAtan(x float64) float64 {
	if isInf(x) || math.Abs(x) < 1e-20 {
		return math.Atan(x)
	}
	return exactAtan2(x, 1)
}

func exactAsin(x float64) float64 {
	t := math.Asin(x)
	s, c, ok := sinCosPair(t)
	if !ok || math.Abs(x) < 1e-20 || math.Abs(c.hi) < 1e-4 {
		return t
	}
	return pair{hi: t}.add(pair{hi: x}.add(s.neg()).div(c)).hi
}

func exactAcos(x float64) float64 {
	t := math.Acos(x)
	s, c, ok := sinCosPair(t)
	if !ok || math.Abs(s.hi) < 1e-4 {
		return t
	}
	return pair{hi: t}.add(c.add(pair{hi: -x}).div(s)).hi
}
