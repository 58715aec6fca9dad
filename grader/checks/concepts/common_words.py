"""Frequent English words of five letters and more: they are themselves, and no misspelling of what is looked for.

Without this list "later" would be a "layer" and "leaned" would be "learned". Inflections needn't stand here: words are
compared by their stems too.
"""

from grader.checks.concepts.english import words_of

__all__ = ["COMMON_WORDS"]

COMMON_WORDS = words_of(
    """
    ability about above abroad absence absolute accept access accident according account accurate achieve across
    action active actual added addition address adopt adult advance advantage advice affair affect afford afraid
    after again against agency agent agree ahead allow almost alone along already although always amazing among
    amount ancient anger angle angry animal announce annual another answer anxious anybody anymore anyone anything
    anyway apart apparent appeal appear apple apply approach approve argue arise around arrange arrive article
    artist aside asleep aspect assess asset assign assist assume attack attempt attend attention attitude attract
    audience author autumn average avoid award aware awful baker balance barely bargain barrier based basic basis
    basket battle beach beans beard beast beautiful beauty became because become before began begin behave behind
    being belief believe belong below bench benefit beside besides better between beyond birth black blame blank
    blind block blood board boast borrow bother bottle bottom bound brain branch brand brave bread break breath
    breed brick bridge brief bright bring broad broken brother brought brown brush build built burden buried burst
    business button cabin cable called camera campaign candle cannot capable capital captain career careful carpet
    carried carrot carry catch cattle caught cause caution ceiling center centre century certain chain chair
    challenge chance change channel chapter character charge charity chart chase cheap check cheese chemical chest
    chicken chief child choice choose chose church circle citizen civil claim class clean clear clever client
    climate climb clock close cloth cloud coach coast coffee collar collect college color colour column combine
    comfort coming command comment common company compare compete complain complete complex comply compose computer
    concept concern conclude concrete conduct confirm confuse connect consider consist constant contact contain
    content contest context continue contract contrast control convert convince cookie cooking corner correct cotton
    could council count counter country couple courage course court cousin cover crack craft crash cream create
    credit crime crisis critical cross crowd crown cruel culture cupboard curious current curtain curve custom cycle
    daily damage dance danger daughter death debate decade decide decision declare decline deeply defeat defect
    defence defend define degree delay deliver demand denied depart depend depth derive describe desert deserve
    design desire despite destroy detail develop device devote differ different difficult dinner direct dirty
    disagree discover discuss disease dislike display distance distant district divide doctor dollar domain domestic
    double doubt dozen draft drama drawn dream dress drink drive driven driver dropped during earlier early earned
    earth easier easily eastern editor educate effect effort eight either elder elect elegant element eleven else
    empire employ empty enable ended enemy energy engage engine enhance enjoy enormous enough ensure enter entire
    entry equal error escape especially essay essential establish estate estimate event every everybody everyone
    everything evidence exact exactly exam example excellent except exchange excite excuse exist exit expand expect
    expense expensive experience expert explain explore express extend extent extra extreme fabric face facing
    factor faculty failed failure faith false fame family famous fancy farmer fashion fault favour fear feeling
    fellow female fever fewer field fifth fight figure final finance finding finger finish first fitted flight float
    floor flour flower fluid focus follow force foreign forest forget forgot formal former forth fortune forward
    found fourth frame freedom freely fresh friend front frozen fruit fully function funny further future gained
    garage garden gather general gentle giant given glass global going golden gotten govern grade grand grant grass
    grave great green greet ground group grown growth guard guess guest guide guilty habit handle happen happy
    hardly harvest having health heard heart heavy height hello helped hence hidden highly holiday honest honey
    honour horror horse hospital hotel hours house however huge human hundred hungry hurry husband ideal identity
    ignore image imagine impact important improve inches include income increase indeed index indicate industry
    inform inherit initial injury inner inquire insect inside insist instance instant instead insure intend intent
    interest interior into invent invest invite island issue items itself joint journal journey judge juice jumped
    junior justice keeping kernel killed kitchen knife knock known label labor labour lacking ladder language large
    largely later latter laugh launch lawyer leader leading leaned least leather leave leaves lecture legal length
    lesser lesson letter level liberal library light liked likely limit linear lined listen liter little lived
    living local locate lonely longer looked loose loss lovely lower lucky lunch machine magic mainly maintain major
    maker making manage manner margin market marry master match mater material matter maybe meant measure media
    medical medium member memory mental mention merely merge message metal meter method middle might military
    million minor minute mirror missing mistake mixed mobile moment money month moral moreover morning mostly mother
    motion motive motor mountain mouse mouth moved movement movie multiple muscle music must mutual myself mystery
    named narrow nation native natural nature nearby nearly neither nerve never newly night nobody noise none normal
    north nothing notice notion novel number object observe obtain obvious occasion occur ocean offer office often
    older opened opinion oppose option orange order organ origin other otherwise ought ourselves outcome output
    outside overall owner package packet paint palace paper parent partly partner party passed patch patient pause
    peace people percent perfect perform perhaps period permit person phase phone photo phrase piano picked picture
    piece pilot pitch place plain plane planet plant plastic plate playing please plenty pocket poem point police
    policy polite popular portion position possess possible potato pound power practice praise precise predict
    prefer prepare present press pretty prevent price pride priest primary prince print prior prison private prize
    probably problem proceed process produce product profit program project promise promote proof proper protect
    proud prove provide public pupil purchase pure purple purpose pursue quality quarter question quick quickly
    quiet quite quote radio raise raised range rapid rarely rather reach react reader reading ready realise reality
    realize really reason recall receive recent record reduce refer reflect reform refuse regard region regret
    regular reject relate relation relative release relief rely remain remark remind remote remove repair repeat
    replace reply report request require rescue reserve resist resort resource respect respond rest result retail
    retain retire return reveal review reward rhythm right rigid river roast robot rough round route royal rubber
    ruler rural sadly safety salad salary sample sandwich saved saying scale scene scheme school science score
    scratch screen search season second secret section sector secure seeing seems seldom select senior sense
    sentence separate series serious serve service setting settle seven several severe shade shadow shake shall
    shape share sharp sheet shelf shell shift shine shirt shock shoot shore short should shoulder shout shown sight
    signal silence silent silver similar simple simply since single sister sitting sixth skill skirt sleep slight
    slope slow slowly small smart smell smile smoke smooth social society solid solve somebody somehow someone
    something sometimes somewhat soon sorry sound source south space spare speak special speech speed spend spent
    split spoken sport spread spring square stable staff stage stand standard start state station stay steady steal
    steel steep stick still stock stomach stone stood stored storm story straight strange stream street strength
    stress stretch strict strike string strip strong struck structure student studio study stuff style subject
    submit succeed success sudden suffer sugar suggest suit summer supply support suppose surely surface surprise
    survey survive suspect sweet swing switch symbol system table taken talent talking target taste teach teacher
    technical telling tennis terms terrible test text thank their theme themselves theory there therefore thick
    thing think third thirty those though thought thousand thread threat three threw through throw thunder ticket
    tight timber tired tissue title today together tomorrow tongue tonight tooth topic total touch tough toward
    tower track trade tradition trail tram transport travel treat trend trial tribe trick tried trouble truck truly
    trust truth trying tuned turned twelve twenty twice typical uncle under unique united unity unless unlike until
    upper upset urban usage useful usual usually valley value variety various vehicle version versus very victim
    video village violent visible vision visit voice volume wages waste watch water weak wealth wear weather weight
    wheel where whereas whether which while white whole whom whose widely width willing window winner winter wisdom
    within without woman women wonder wooden world worried worry worse worst worth would write writer written wrong
    yellow yesterday yield young yours yourself
    """
)
