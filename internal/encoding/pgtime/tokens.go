package pgtime

// kind classifies a word of a date: what it names or introduces.
type kind uint8

const (
	kReserved kind = iota // now, today, epoch ...: the value is a special
	kMonth
	kYear
	kDay
	kJulian
	kTZ
	kDTZ
	kDynTZ
	kIgnore
	kAMPM
	kHour
	kMinute
	kSecond
	kMillis
	kMicros
	kDOY
	kDOW
	kUnits
	kADBC
	kAgo
	kISOTime
	kWeek
	kDecade
	kCentury
	kMillennium
	kQuarter
	kISOYear
	kISODOW
	kZone
	kZoneHour
	kZoneMinute
	kEpoch
	kDTZMod
	kUnknown
)

// mask is a set of kinds: the fields a string has given so far.
type mask uint64

func bit(k kind) mask { return 1 << k }

const (
	maskDate = mask(1<<kYear | 1<<kMonth | 1<<kDay)
	maskSecs = mask(1<<kSecond | 1<<kMillis | 1<<kMicros)
	maskTime = mask(1<<kHour|1<<kMinute) | maskSecs
)

// special is a reserved word's meaning, and the overall meaning of an input.
type special int

const (
	spNone special = iota
	spNow
	spToday
	spTomorrow
	spYesterday
	spZulu
	spEpoch
	spLate
	spEarly
)

// Values of kAMPM and kADBC words.
const (
	wordAM = iota + 1
	wordPM
)
const (
	wordAD = iota
	wordBC
)

type word struct {
	kind  kind
	value int
}

// dateWords are the words of dates, cut to ten bytes.
var dateWords = map[string]word{
	"-infinity": {kReserved, int(spEarly)},
	"infinity":  {kReserved, int(spLate)},
	"epoch":     {kReserved, int(spEpoch)},
	"now":       {kReserved, int(spNow)},
	"today":     {kReserved, int(spToday)},
	"tomorrow":  {kReserved, int(spTomorrow)},
	"yesterday": {kReserved, int(spYesterday)},
	"allballs":  {kReserved, int(spZulu)},
	"ad":        {kADBC, wordAD},
	"bc":        {kADBC, wordBC},
	"am":        {kAMPM, wordAM},
	"pm":        {kAMPM, wordPM},
	"at":        {kIgnore, 0},
	"on":        {kIgnore, 0},
	"dst":       {kDTZMod, 3600},
	"t":         {kISOTime, 0},
	"y":         {kUnits, int(kYear)},
	"mm":        {kUnits, int(kMinute)},
	"m":         {kUnits, int(kMonth)},
	"d":         {kUnits, int(kDay)},
	"h":         {kUnits, int(kHour)},
	"s":         {kUnits, int(kSecond)},
	"j":         {kUnits, int(kJulian)},
	"jd":        {kUnits, int(kJulian)},
	"julian":    {kUnits, int(kJulian)},
	"dow":       {kUnits, int(kDOW)},
	"isodow":    {kUnits, int(kISODOW)},
	"doy":       {kUnits, int(kDOY)},
	"isoyear":   {kUnits, int(kISOYear)},

	"jan": {kMonth, 1}, "january": {kMonth, 1}, "feb": {kMonth, 2}, "february": {kMonth, 2},
	"mar": {kMonth, 3}, "march": {kMonth, 3}, "apr": {kMonth, 4}, "april": {kMonth, 4},
	"may": {kMonth, 5}, "jun": {kMonth, 6}, "june": {kMonth, 6}, "jul": {kMonth, 7}, "july": {kMonth, 7},
	"aug": {kMonth, 8}, "august": {kMonth, 8}, "sep": {kMonth, 9}, "sept": {kMonth, 9}, "september": {kMonth, 9},
	"oct": {kMonth, 10}, "october": {kMonth, 10}, "nov": {kMonth, 11}, "november": {kMonth, 11},
	"dec": {kMonth, 12}, "december": {kMonth, 12},

	"sun": {kDOW, 0}, "sunday": {kDOW, 0}, "mon": {kDOW, 1}, "monday": {kDOW, 1},
	"tue": {kDOW, 2}, "tues": {kDOW, 2}, "tuesday": {kDOW, 2}, "wed": {kDOW, 3}, "weds": {kDOW, 3}, "wednesday": {kDOW, 3},
	"thu": {kDOW, 4}, "thur": {kDOW, 4}, "thurs": {kDOW, 4}, "thursday": {kDOW, 4},
	"fri": {kDOW, 5}, "friday": {kDOW, 5}, "sat": {kDOW, 6}, "saturday": {kDOW, 6},
}

// unitWords are the words of intervals and of extract's fields, cut to ten bytes.
var unitWords = map[string]word{
	"@": {kIgnore, 0}, "ago": {kAgo, 0},
	"us": {kUnits, int(kMicros)}, "usec": {kUnits, int(kMicros)}, "usecs": {kUnits, int(kMicros)},
	"usecond": {kUnits, int(kMicros)}, "useconds": {kUnits, int(kMicros)}, "microsecon": {kUnits, int(kMicros)},
	"ms": {kUnits, int(kMillis)}, "msec": {kUnits, int(kMillis)}, "msecs": {kUnits, int(kMillis)},
	"msecond": {kUnits, int(kMillis)}, "mseconds": {kUnits, int(kMillis)}, "millisecon": {kUnits, int(kMillis)},
	"s": {kUnits, int(kSecond)}, "sec": {kUnits, int(kSecond)}, "secs": {kUnits, int(kSecond)},
	"second": {kUnits, int(kSecond)}, "seconds": {kUnits, int(kSecond)},
	"m": {kUnits, int(kMinute)}, "min": {kUnits, int(kMinute)}, "mins": {kUnits, int(kMinute)},
	"minute": {kUnits, int(kMinute)}, "minutes": {kUnits, int(kMinute)},
	"h": {kUnits, int(kHour)}, "hr": {kUnits, int(kHour)}, "hrs": {kUnits, int(kHour)},
	"hour": {kUnits, int(kHour)}, "hours": {kUnits, int(kHour)},
	"d": {kUnits, int(kDay)}, "day": {kUnits, int(kDay)}, "days": {kUnits, int(kDay)},
	"w": {kUnits, int(kWeek)}, "week": {kUnits, int(kWeek)}, "weeks": {kUnits, int(kWeek)},
	"mon": {kUnits, int(kMonth)}, "mons": {kUnits, int(kMonth)}, "month": {kUnits, int(kMonth)}, "months": {kUnits, int(kMonth)},
	"qtr": {kUnits, int(kQuarter)}, "quarter": {kUnits, int(kQuarter)},
	"y": {kUnits, int(kYear)}, "yr": {kUnits, int(kYear)}, "yrs": {kUnits, int(kYear)},
	"year": {kUnits, int(kYear)}, "years": {kUnits, int(kYear)},
	"dec": {kUnits, int(kDecade)}, "decs": {kUnits, int(kDecade)}, "decade": {kUnits, int(kDecade)}, "decades": {kUnits, int(kDecade)},
	"c": {kUnits, int(kCentury)}, "cent": {kUnits, int(kCentury)}, "century": {kUnits, int(kCentury)}, "centuries": {kUnits, int(kCentury)},
	"mil": {kUnits, int(kMillennium)}, "mils": {kUnits, int(kMillennium)}, "millennia": {kUnits, int(kMillennium)},
	"millennium": {kUnits, int(kMillennium)},
	"timezone":   {kUnits, int(kZone)}, "timezone_h": {kUnits, int(kZoneHour)}, "timezone_m": {kUnits, int(kZoneMinute)},
}

// lookupDate finds a word of dates, lookupUnit one of intervals.
func lookupDate(s string) word { return lookup(dateWords, s) }
func lookupUnit(s string) word { return lookup(unitWords, s) }

func lookup(words map[string]word, s string) word {
	if w, ok := words[cutToken(s)]; ok {
		return w
	}
	return word{kUnknown, 0}
}
