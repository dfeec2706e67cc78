package pgtime

// scanISO reads the common form 2024-07-01 12:34:56.789+02:00 without the general
// machinery; time and zone may be absent, T may stand for the space. ok is false for
// everything else, valid or not, which the general decoder then judges.
func scanISO(s string) (f Fields, zoned, ok bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return f, false, false
	}
	century, ok1 := twoDigits(s[0:2])
	year, ok2 := twoDigits(s[2:4])
	month, ok3 := twoDigits(s[5:7])
	day, ok4 := twoDigits(s[8:10])
	f.Year, f.Month, f.Day = century*100+year, month, day
	if !(ok1 && ok2 && ok3 && ok4) || f.Year == 0 || month < 1 || month > 12 || day < 1 || day > DaysIn(f.Year, month) {
		return f, false, false
	}
	if s = s[10:]; s == "" {
		return f, false, true
	}
	if len(s) < 9 || s[0] != ' ' && s[0] != 'T' || s[3] != ':' || s[6] != ':' {
		return f, false, false
	}
	f.Hour, ok1 = twoDigits(s[1:3])
	f.Min, ok2 = twoDigits(s[4:6])
	f.Sec, ok3 = twoDigits(s[7:9])
	if !(ok1 && ok2 && ok3) || f.Hour > 23 || f.Min > 59 || f.Sec > 59 {
		return f, false, false
	}
	if s = s[9:]; s != "" && s[0] == '.' {
		n := 1
		for unit := 100_000; n < len(s) && isDigit(s[n]); n, unit = n+1, unit/10 {
			f.Micros += int(s[n]-'0') * unit
		}
		if n == 1 || n > 7 {
			return f, false, false
		}
		s = s[n:]
	}
	if s == "" {
		return f, false, true
	}
	return f, true, f.scanISOZone(s)
}

// scanISOZone reads Z, +hh or +hh:mm.
func (f *Fields) scanISOZone(s string) bool {
	if s == "Z" {
		return true
	}
	if len(s) != 3 && (len(s) != 6 || s[3] != ':') || s[0] != '+' && s[0] != '-' {
		return false
	}
	hour, ok := twoDigits(s[1:3])
	minute, okMinute := 0, true
	if len(s) == 6 {
		minute, okMinute = twoDigits(s[4:6])
	}
	f.Zone = -(hour*3600 + minute*60)
	if s[0] == '-' {
		f.Zone = -f.Zone
	}
	return ok && okMinute && hour <= 15 && minute <= 59
}

func twoDigits(s string) (int, bool) {
	return int(s[0]-'0')*10 + int(s[1]-'0'), isDigit(s[0]) && isDigit(s[1])
}
