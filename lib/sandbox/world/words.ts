/**
 * The words that names and sentences of the sandbox are made of. Nothing else: no rules, no chance. Some carry
 * apostrophes, accents and fractions on purpose.
 *
 * @module
 */

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/).map((word) => word.replaceAll("_", " "));
}

function phrases(text: string): readonly string[] {
  return text.trim().split(/\s*;\s*/);
}

/** First parts of horses' names. */
export const horseFirsts: readonly string[] = words(`
  Amber Ancient Arctic Artful Autumn Azure Bandit Barley Battle Bell's Birch Björn's Blazing Blue Bold Border Bramble Brave Bright
  Broken Bronze Bürger Café Calm Candle Captain Casual Cedar Chalk Charlie's Château Chief Cider Cinder Clear Clever Clover Coastal
  Cobalt Colonel Copper Coral Count Country Crafty Crimson Crystal Curious Dame Dancing Daring Dawn Day_Of Dear Desert Distant
  Doctor Don Don't_Tell Double Dream_Of Dusty Eager Early Echo_Of Éclair Elm Ember Emily's Emperor Empty Endless English Étoile
  Evening Ever Fabled Fair Famous Fancy Far Fast Fern Field_Of Fifth Fine First Flying Forest Forever Fortune's Four Foxy Free
  French Frosty Galway Garden Gentle Ghost_Of Gilded Ginger Glass Golden Good Grand Granny's Green Grey Gypsy Happy Harbour Hasty
  Hazel Heart_Of Heather Hidden High Höhen Holly's Home_Of Honest Honey House_Of Humble Hurricane Icy Idle Indigo Inner Irish Iron
  Island Ivory Jack's Jade Jolly Juniper Just Keen Kerry King King_Of Knight_Of La_Belle Lady Lady_Of Last Late Lemon Light Lilac
  Little Lone Long Lord L'Ami Lost Loud Loyal Lucky Lunar Mädchen Magic Major Maple Marble Master Meadow Mellow Merry Midnight
  Mighty Millie's Minty Miss Misty Modern Moon Mountain Mr Mrs Music_Of My Mystic Narrow Neon Never New Night Nimble Noble Northern
  Not_So Oak Ocean Old Olive Only One_For Open Orient Our Over_The Paddy's Pale Paper Paris Past Peaceful Pearl Penny Perfect Pilot
  Pink Plain Polar Polite Poppy's Prairie Pretty Prince Princess Private Proud Pure Queen Queen_Of Quick Quiet Rapid Rare Raven Red
  Regal Restless Ring_Of River Roaring Robin's Rocky Rogue Rolling Rosie's Royal Rubie's Rue_Du Running Rural Russet Sailor's Sandy
  Sapphire Scarlet Sea Second Secret Señor Seven Shadow Shining Shy Silent Silken Silver Simple Sir Sister Sky Slow Small Smart
  Smoky Snowy Social Soft Solar Solid Son_Of Song_Of Southern Spanish Spirit_Of Spring Stately Steel Still Stolen Stone Storm
  Strong Sudden Summer Sunny Super Swift Tawny Tender The Thistle Three Thunder Tidal Time_For Tiny Top Torch Tower Trusty Twelve
  Twilight Two Uncle Upper Urban Valley_Of Velvet Very Village Vintage Violet Wandering Warm Weather Western Whisky White Wild
  Willow Winter Wise Wooden Yellow Young Zen`);

/** Last parts of horses' names. */
export const horseLasts: readonly string[] = words(`
  Acorn Actress Admiral Affair Agenda Alchemist Alibi Amber Angel Answer Anthem April Arcade Archer Arrow Artist Aurora Avenue
  Baker Ballad Banker Banner Banquet Bard Baron Basket Bay Beacon Beat Beauty Bell Belle Berry Bishop Blossom Boulevard Bounty Boy
  Brandy Breeze Bridge Brigade Brook Buccaneer Bugle Buttons Cabaret Cabin Cadet Calypso Camp Canal Canyon Caper Cardinal Carnival
  Carousel Castle Cavalier Century Champ Chance Chapter Charm Chorus Circle Citizen Cloud Coast Comet Compass Concert Corner Count
  Courage Cousin Crown Cruise Cup Curtain Dancer Danger Darling Day Dealer Debut Decree Delight Destiny Diamond Diary Diva Dollar
  Dolphin Doyenne Dragon Drama Dream Drifter Drum Duchess Duke Dune Dynasty Eagle Earl Edge Edition Eight Élan Embrace Empress
  Encore Endeavour Escape Essence Estate Evidence Express Fable Falcon Fame Fancy Fanfare Fashion Feast Feather Fella Festival
  Fiddler Fire Flame Flight Flint Flower Folly Force Forest Formula Fountain Fox Friday Friend Frontier Galaxy Gallery Gambit Game
  Gardener Garland Gate General Giant Gift Girl Glade Glory Gold Goodbye Grace Grove Guard Guest Guide Guitar Harbour Harmony
  Harvest Haven Hawk Hero Highway Hill Holiday Honour Hope Horizon Hour Hunter Idea Idol Image Impact Inn Island Jester Jewel
  Joker Journey Joy Jubilee Judge Justice Kingdom Kiss Lad Ladder Lagoon Lake Lane Lantern Lark Lass Laughter Legacy Legend Letter
  Liberty Lieder Light Lion Lodge Logic Lover Lullaby Magic Magnet Mandate Manor March Marina Market Marvel Match Mayor Meadow
  Medal Melody Memory Message Mile Mill Minstrel Minute Miracle Mission Moment Monarch Money Monk Moon Morning Motion Mountain
  Music Mystery Myth Nectar Needle News Noon Note Nova Number Oasis Ocean Omen Opera Option Orbit Orchard Order Outlaw Palace
  Parade Paradise Party Passage Passion Path Patriot Peak Penny Phoenix Piano Picture Pilgrim Pioneer Pirate Planet Player Poem
  Poet Point Portrait Power Prayer Present Pride Prize Profit Promise Prophet Proposal Quarry Queen Quest Quiver Rainbow Ranger
  Rebel Reel Reflection Reign Return Reward Rhapsody Rhythm Ribbon Riddle Ridge Ring River Road Robin Rocket Romance Rose Ruler
  Rumour Safari Saga Sailor Saint Salute Sapphire Scandal Scholar Scout Season Secret Señora Senator Serenade Shadow Shore Show
  Signal Silence Sky Smile Soldier Sonata Song Sparkle Spell Spirit Splendour Star State Statue Storm Story Stranger Stream Street
  Summer Summit Sunday Sunset Surprise Swallow Symphony Tale Talent Tango Tempest Temple Theatre Thunder Ticket Tide Tiger Toast
  Token Tower Traveller Treasure Treaty Tribute Trick Triumph Trumpet Tune Twist Union Valley Venture Verse Victory View Village
  Virtue Vision Voyage Waltz Warrior Water Wave Welcome Whisper Wind Winner Wisdom Wish Wizard Wonder World Zephyr`);

/** Given names of people. */
export const givenNames: readonly string[] = words(`
  Aaron Adam Adrian Agnès Aidan Alan Alastair Alice Amelia Amy Andrea Andrew Anna Anthony Aoife Archie Barry Ben Bernard Bridget
  Brian Callum Cameron Carol Catherine Charlie Chloë Chris Ciarán Clare Clive Colin Conor Craig Daisy Daniel Danny Daragh David
  Declan Denis Dermot Donal Dylan Eamon Edward Eilish Eleanor Ellie Emma Eoin Eric Evan Fergus Finn Fiona Frank Gavin Gemma
  George Georgia Gerard Gina Glen Grace Graham Grainne Hannah Harriet Harry Hazel Heather Helen Henry Holly Hugh Hugo Iain Imogen
  Isobel Jack Jacqueline Jamie Jane Jason Jenny Jessica Joe John Jonathan Josh Julia Karl Kate Kerry Kevin Kieran Kim Laura Leah
  Lee Leo Liam Lisa Lorcan Louise Luke Maeve Marco Margaret Mark Martin Mary Matthew Maurice Megan Michael Mick Molly Nathan Neil
  Niall Nick Nicola Nigel Noel Norman Oisín Olive Oliver Orla Oscar Owen Padraig Pat Patrick Paul Pauline Peter Phil Philip Rachel
  Ralph Ray Rebecca Rhys Richard Robert Robin Roger Ronan Rory Rose Ross Ruby Ruth Ryan Sam Sarah Sean Séamus Shane Sheila Simon
  Sinéad Sophie Stan Stephen Stuart Sue Susan Tadhg Tara Ted Theo Thomas Tim Toby Tom Tony Tracy Trevor Una Vera Victor Vincent
  Wayne Wendy Will Zoe`);

/** Family names of people. */
export const familyNames: readonly string[] = words(`
  Abbott Ackroyd Addison Ainsworth Aldridge Appleby Armitage Ashdown Askew Atherton Baines Barraclough Barton Beckwith Bellamy
  Bentham Birtwistle Blackett Blenkinsop Bolger Bourke Bracken Bradshaw Brannigan Brierley Brocklebank Bullock Burgess Byrne
  Cadwallader Cahill Callaghan Carberry Carmody Cassidy Chadwick Cheetham Clancy Clegg Cleary Colclough Coleman Collier Comerford
  Conlon Connolly Coonan Copley Corcoran Corrigan Cosgrove Costello Coughlan Cowley Crabtree Cramer Croft Cronin Crosby Crowther
  Cullinane Cunliffe Curran Cusack Daly Danaher Darcy D'Arcy Davenport Dawson Deegan Delaney Dempsey Denby Devlin Dillon Dineen
  Dockery Doherty Donnelly Dooley Dougherty Drinkwater Drummond Duckworth Duggan Dunne Dunphy Durkan Eastwood Eckersley Egerton
  Ellwood Entwistle Fairclough Fallon Farrelly Fennell Fenwick Finnegan Fitzgibbon Flaherty Flanagan Fogarty Forshaw Fothergill
  Foxton Furlong Gaffney Gallagher Garrity Garside Geraghty Gilhooley Gilligan Gleeson Glover Goodfellow Gorman Grady Greenhalgh
  Griffin Grimshaw Haddock Haigh Hallam Halloran Hanrahan Hargreaves Harkin Harrington Haslam Hattersley Healy Heaton Heffernan
  Hegarty Hennessy Heslop Heyes Hindle Hogarth Holroyd Hopwood Horrocks Houlihan Howarth Hoyle Hurley Ibbotson Illingworth Ingham
  Jagger Jessop Jowett Kavanagh Kearney Keegan Kellett Kenneally Kershaw Kilbride Kinsella Kirwan Knowles Lacey Lanigan Larkin
  Lathom Lawlor Leadbetter Leahy Lenihan Linnane Lomax Lonergan Loughran Lowther Lumley MacKenzie Madden Magill Maguire Mahoney
  Mallon Mangan Marsden McAteer McBride McCabe McElroy McGinty McGowan McHugh McInerney McKeown McNally McQuaid Meagher Meehan
  Mellor Merrick Midgley Molloy Monaghan Mooney Moran Moriarty Mulcahy Mulholland Mullen Naughton Nesbitt Newbold Nolan Nuttall
  Oakes O'Beirne Ogden O'Grady O'Hagan Oldroyd O'Neill Ormerod O'Rourke O'Shea O'Toole Padgett Parkin Pendlebury Pickles Pilkington
  Plunkett Potts Prendergast Prescott Purcell Quigley Quinlan Radcliffe Rafferty Ramsbottom Redfern Regan Ridsdale Rigby Roche
  Rooney Rothwell Rushworth Sagar Salthouse Saville Scanlon Schofield Shackleton Shanahan Shaughnessy Sheehan Shillito Skelly
  Slattery Smethurst Spillane Stack Standish Stapleton Starkey Sugden Sutcliffe Sweeney Tattersall Thackeray Thwaite Tierney
  Tobin Tordoff Townend Treacy Trotter Turpin Unsworth Varley Waddington Wadsworth Walmsley Wardle Waterhouse Weatherill Whelan
  Whitaker Whittle Widdop Wigglesworth Winstanley Woodhead Worsley Wrigley Yardley Yeadon`);

/** Family names of people outside Britain and Ireland. */
export const foreignNames: readonly string[] = words(`
  Aubert Bäcker Barbier Baudouin Beaulieu Besnard Blanchet Bonnefoy Bouchard Boulanger Brandão Bréchet Carvalho Chevallier Clément
  Colombo Dubois Dupré Faure Fernández Fontaine Fournier Gaillard Gauthier Grüber Guérin Höfer Jäger Jourdain Köhler Lacroix
  Lambert Lefèvre Lemaître Leroux Lopes Mallet Marchetti Mercier Moreau Müller Núñez Olsen Pasquier Perrault Piquet Rousseau
  Schäfer Schröder Seidel Sørensen Tanaka Vasseur Verdier Watanabe Weiß`);

/** Where trainers live, by the sandbox's division. */
export const locations: Readonly<Record<"GB" | "IRE" | "ROW", readonly string[]>> = {
  GB: phrases(
    `Newmarket, Suffolk; Lambourn, Berks; Upper Lambourn, Berks; Middleham Moor, N Yorks; Malton, N Yorks; Musley Bank, N Yorks;
    Coverham, N Yorks; Brompton Regis, Somerset; Ditcheat, Somerset; Ludlow, Shropshire; Elton, Gloucs; Naunton, Gloucs; Stow-On-The-Wold, Gloucs;
    East Garston, Berkshire; Basford, Staffs; Elmbridge, Worcs; Dalham, Suffolk; Epsom, Surrey; Findon, W Sussex; Arundel, W Sussex; Kinross, Perth & Kinross;
    Hawick, Borders; Greystoke, Cumbria; Carlisle, Cumbria; Dorchester, Dorset; Barbury Castle, Wilts; Marlborough, Wilts; Pandy, Abergavenny; Thirsk, N Yorks`,
  ),
  IRE: phrases(
    `The Curragh, Co Kildare; Kildare, Co Kildare; Maynooth, Co Kildare; Closutton, Co Carlow; Bagenalstown, Co Carlow; Rosegreen, Co Tipperary;
    Fethard, Co Tipperary; Cullentra, Co Meath; Ratoath, Co Meath; Navan, Co Meath; Mallow, Co Cork; Youghal, Co Cork; Inistioge, Co Kilkenny; Piltown, Co Kilkenny;
    Enniscorthy, Co Wexford; Ashbourne, Co Meath; Tynan, Co Armagh; Downpatrick, Co Down; Dún Laoghaire, Co Dublin; Bruree, Co Limerick`,
  ),
  ROW: phrases(
    "Chantilly, France; France; Maisons-Laffitte, France; Deauville, France; Köln, Germany; Germany; Meydan, UAE; USA; Hong Kong; Italy; Japan; Australia",
  ),
};

/** Those who lend a race their name. */
export const sponsors: readonly string[] = phrases(
  `BetHarbour; Corner & Sons; Every Race On Paddock TV; Download The Stable App; Mulligan's Feeds; Fairweather Insurance;
  Happy 60th Birthday Auntie Jean; Watch Free Replays At paddock.example; Oakley Horseboxes; "Best Mates" Social Club; Brady & O'Neill Solicitors;
  The Racing Café; Glass, Pane & Daughters; Weather's Fine; Ten-To-Follow; Bangers N'Cash; EBF Stallions; Irish Thoroughbred Fund; Half-Price Hospitality;
  Try Our £10 Free Bet; Knights Of The Turf; Visit Märchenland; Father's Day; Join Tote Pals For A Chance To Win; Racing To School`,
);

/** Names of races in French. */
export const frenchRaces: readonly string[] = phrases(
  `Prix de l'Étang; Prix du Vieux Moulin; Prix de la Forêt d'Halatte; Prix des Lilas; Prix d'Orry; Prix Saint-Hubert; Prix de Crécy; Grand Prix de la Région;
  Prix de Béthune; Prix du Muguet Blanc; Prix des Écuries; Prix de Noë`,
);

/** Companies and clubs that own horses; `*` stands for a name. */
export const ownerForms: readonly string[] = phrases(
  `* Racing Club; The * Partnership; * Syndicate; * Stud Farm Ltd; * Bloodstock Limited; Friends Of *; The * Society (No 2); * & Partner; * Racing 16`,
);

/** Where horses are bred; `*` stands for a name. */
export const breederForms: readonly string[] = phrases(
  `* Stud; * House Stud Ltd; *; * & Partners; The * Partnership; * Bloodstock Limited; Mrs A *; Haras De *; Gestüt *; * (S), Herald Bloodstock Ltd`,
);
