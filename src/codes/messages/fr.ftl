# intake. No-break spaces stand inside « » and before a colon, narrow ones before a semicolon.
intake-report = { $rows ->
    [one] { $rows } ligne
   *[other] { $rows } lignes
} : { $created ->
    [one] { $created } créée
   *[other] { $created } créées
}, { $updated ->
    [one] { $updated } modifiée
   *[other] { $updated } modifiées
}, { $unchanged ->
    [one] { $unchanged } inchangée
   *[other] { $unchanged } inchangées
}, { $quarantined } en quarantaine
intake-report-dry-run = Essai, rien n'est enregistré. { $rows ->
    [one] { $rows } ligne
   *[other] { $rows } lignes
} : { $created ->
    [one] { $created } serait créée
   *[other] { $created } seraient créées
}, { $updated ->
    [one] { $updated } modifiée
   *[other] { $updated } modifiées
}, { $unchanged ->
    [one] { $unchanged } inchangée
   *[other] { $unchanged } inchangées
}, { $quarantined ->
    [one] { $quarantined } mise
   *[other] { $quarantined } mises
} en quarantaine
intake-report-further = et { $count ->
    [one] { $count } autre ligne
   *[other] { $count } autres lignes
} en quarantaine
intake-fault = { $place } : { $reason }. { $remedy }
intake-file-mapping-faults = Le fichier de correspondance a des fautes : { $faults }
intake-file-broke-off = Le fichier s'est interrompu ({ $error }). Importez-le de nouveau
intake-file-temporary = Le fichier temporaire de l'importation a échoué : { $error }. Vérifiez la place et les droits du dossier des fichiers temporaires (TMPDIR)
intake-file-empty = Le fichier est vide. Enregistrez de nouveau la feuille en « CSV UTF-8 », avec ses lignes
intake-file-too-large = le fichier dépasse { $bytes_max } octets ; partagez-le
intake-file-utf-16 = Le fichier est en UTF-16 : enregistrez-le en « CSV UTF-8 »
intake-file-mixed-encodings = Le fichier est en UTF-8 (ligne { $utf8_line }) et en Windows-1252 (ligne { $windows_line }) : enregistrez-le en « CSV UTF-8 », ou déclarez dans le fichier de correspondance l'encodage des lignes à importer
intake-file-workbook = Le fichier est un classeur ou une archive, pas un fichier CSV : enregistrez la feuille en « CSV UTF-8 »
intake-file-no-heading = Aucune des { $lines } premières lignes n'a toutes les colonnes du fichier de correspondance ; il manque : { $missing }. Ajoutez-les au fichier ou corrigez leur nom ; une colonne que le pôle n'a pas : retirez-la du fichier de correspondance, marquez son champ « optional = true », ou donnez-lui une valeur fixe avec « value »
intake-file-column-twice = Deux colonnes ont l'en-tête { $column } : renommez l'une des deux
intake-file-too-many-rows = Le fichier a plus de { $rows_max } lignes : partagez-le
intake-file-too-many-broken-lines = Plus de { $lines_max } lignes ne peuvent être découpées en cellules : vérifiez les guillemets et le séparateur
intake-file-quarantine-full = Plus de { $rows_max } lignes de cette source attendraient en quarantaine : corrigez le fichier ou sa correspondance, ou écartez des lignes qui attendent, puis importez-le de nouveau
intake-file-stopped = Avant cela, { $rows ->
    [one] { $rows } ligne a été importée ou mise
   *[other] { $rows } lignes ont été importées ou mises
} en quarantaine ; importer le fichier de nouveau est sans danger
intake-call-broke-off = Le nœud n'a pas répondu jusqu'au bout : une partie du fichier peut avoir été enregistrée. L'importer de nouveau est sans danger
intake-columns-unused = Colonnes non utilisées : { $columns }
intake-place-line = Ligne { $line }
intake-place-cell = Ligne { $line }, colonne { $column }
intake-empty = La cellule est vide
intake-empty-remedy = Remplissez-la, ou indiquez dans le fichier de correspondance ce que signifie une cellule vide
intake-read-as-empty = « { $cell } » se lit comme « non renseigné », et cette valeur est obligatoire
intake-read-as-empty-remedy = Écrivez la valeur, ou indiquez dans le fichier de correspondance ce que signifie une cellule vide (default)
intake-key-empty = La cellule qui identifie la ligne est vide
intake-key-empty-remedy = Donnez à la ligne son numéro ; s'il s'agit d'un total ou d'une note, laissez-la ici
intake-key-read-as-empty = « { $cell } » se lit comme « non renseigné », et cette cellule identifie la ligne
intake-key-read-as-empty-remedy = Donnez à la ligne son numéro ; s'il s'agit d'un total ou d'une note, laissez-la ici
intake-too-long = Le texte dépasse { $bytes_max } octets
intake-too-long-remedy = Raccourcissez-le
intake-unknown-spelling = « { $cell } » n'est ni un code de la liste ni une graphie connue
intake-unknown-spelling-remedy = Corrigez la cellule, ou ajoutez cette graphie au fichier de correspondance
intake-several-codes = « { $cell } » peut désigner plusieurs codes
intake-several-codes-remedy = Écrivez le code, ou indiquez dans le fichier de correspondance lequel est voulu
intake-neither-yes-nor-no = « { $cell } » n'est ni oui ni non
intake-neither-yes-nor-no-remedy = Écrivez oui ou non
intake-no-date = « { $cell } » n'est pas une date
intake-no-date-remedy = Écrivez-la comme 31/12/2026 ou 2026-12-31
intake-date-ambiguous = La date « { $cell } » peut se lire de plusieurs façons
intake-date-ambiguous-remedy = Déclarez l'ordre dans le fichier de correspondance (dates = "day-month-year"), ou écrivez 2026-12-31
intake-date-serial = « { $cell } » est un numéro de jour du tableur
intake-date-serial-remedy = Donnez à la colonne le format date, puis enregistrez de nouveau en CSV
intake-no-such-day = Le jour « { $cell } » n'existe pas, ou son année est invraisemblable
intake-no-such-day-remedy = Corrigez la date
intake-no-number = « { $cell } » n'est pas un nombre
intake-no-number-remedy = N'écrivez que le nombre, comme 12 500 000
intake-number-ambiguous = Le nombre « { $cell } » peut se lire de deux façons
intake-number-ambiguous-remedy = Déclarez la marque décimale dans le fichier de correspondance (decimal = ",")
intake-not-whole = « { $cell } » n'est pas un nombre entier
intake-not-whole-remedy = Écrivez un nombre entier
intake-out-of-range = Le nombre « { $cell } » est hors des limites
intake-out-of-range-remedy = Vérifiez-le : il est négatif ou trop grand
intake-too-many-telephones = Plus de { $most } numéros de téléphone
intake-too-many-telephones-remedy = Gardez les principaux
intake-answer-undated = La réponse est décrite mais n'a pas de date
intake-answer-undated-remedy = Donnez la date de la réponse
intake-follow-up-undated = Le suivi est décrit mais n'a pas de date
intake-follow-up-undated-remedy = Donnez la date du suivi
intake-unclosed-quote = Un guillemet n'est pas fermé
intake-unclosed-quote-remedy = Fermez-le ou supprimez-le, puis importez de nouveau
intake-stray-quote = Du texte suit un guillemet fermant
intake-stray-quote-remedy = Supprimez le guillemet de trop ; s'il fait partie du texte, écrivez toute la cellule entre guillemets et doublez-le ("")
intake-line-break = « { $cell } » contient un saut de ligne
intake-line-break-remedy = Supprimez-le ; si la cellule contient les lignes suivantes du fichier, supprimez le guillemet qui l'ouvre
intake-control-character = « { $cell } » contient un caractère de contrôle invisible
intake-control-character-remedy = Écrivez la cellule de nouveau
intake-line-too-long = La ligne dépasse { $bytes_max } octets ou { $cells_max } cellules
intake-line-too-long-remedy = Vérifiez qu'il s'agit bien d'une ligne du tableau
intake-not-utf-8 = La ligne n'est pas en UTF-8 comme le reste du fichier
intake-not-utf-8-remedy = Enregistrez tout le fichier en « CSV UTF-8 »
intake-not-windows-1252 = La ligne est en UTF-8, contrairement au reste du fichier
intake-not-windows-1252-remedy = Enregistrez tout le fichier en « CSV UTF-8 »
intake-too-many-cells = La ligne a { $found } cellules, l'en-tête { $expected }
intake-too-many-cells-remedy = Mettez entre guillemets les cellules qui contiennent le séparateur
intake-too-few-cells = La ligne a { $found } cellules, l'en-tête { $expected }
intake-too-few-cells-remedy = Complétez la ligne ; elle a peut-être été coupée
intake-contradicts = La ligne { $first_line } a le même identifiant et dit autre chose
intake-contradicts-remedy = Gardez la bonne des deux, ou donnez à celle-ci son propre identifiant
intake-repeats-refused = La ligne répète la ligne { $first_line }, qui n'a pas été importée
intake-repeats-refused-remedy = Corrigez la première
intake-unknown-enterprise = L'entreprise n'est pas connue
intake-unknown-enterprise-remedy = Importez d'abord le fichier des entreprises, puis de nouveau celui-ci
intake-row-damaged = La ligne conservée est endommagée et illisible
intake-row-damaged-remedy = Écartez-la et importez de nouveau son fichier
intake-refused-unknown-code = Le code n'est pas dans la liste { $list }
intake-refused-unknown-code-remedy = Corrigez la cellule ou le fichier de correspondance
intake-refused-foreign = La région est celle d'un autre pays
intake-refused-foreign-remedy = Corrigez la cellule ou le fichier de correspondance
intake-refused-not-in-force = La région n'était plus ou pas encore en vigueur depuis l'inscription
intake-refused-not-in-force-remedy = Donnez la région telle qu'elle s'appelait ce jour-là, ou telle qu'elle s'appelle aujourd'hui
intake-refused-too-long = Le texte dépasse { $bytes_max } octets
intake-refused-too-long-remedy = Raccourcissez-le
intake-refused-empty = La valeur manque
intake-refused-empty-remedy = Complétez-la
intake-refused-in-future = Le jour n'est pas encore venu
intake-refused-in-future-remedy = Corrigez la date, ou importez la ligne plus tard
intake-refused-not-after-withdrawal = Le consentement n'est pas postérieur au retrait du précédent pour la même finalité
intake-refused-not-after-withdrawal-remedy = Indiquez le jour d'un consentement postérieur
intake-refused-before = Le jour précède celui de { $other }
intake-refused-before-remedy = Corrigez l'une des deux dates
intake-refused-out-of-range = La valeur n'est pas comprise entre { $least } et { $most }
intake-refused-out-of-range-remedy = Vérifiez-la
intake-refused-rule-mismatch = La classe de taille ne s'accorde pas avec l'effectif ou le chiffre d'affaires
intake-refused-rule-mismatch-remedy = Vérifiez ces trois cellules
intake-refused-other-currency = La valeur repose sur une somme d'argent, et la monnaie de ce pays n'est pas celle dans laquelle les montants sont comptés
intake-refused-other-currency-remedy = Retirez le montant du fichier de correspondance, ou indiquez la classe de taille elle-même
intake-refused-no-holding = La cellule ne désigne pas un seul groupe
intake-refused-no-holding-remedy = Une entreprise n'appartient qu'à un groupe : écrivez son seul code, une majuscule suivie de majuscules, de chiffres et de traits d'union
intake-refused-only-by-step = La valeur ne change que par une étape du traitement
intake-refused-only-by-step-remedy = Enregistrez l'étape dans l'application
# disclosure
disclosure-protecting = Protection du tableau…
disclosure-auditing = Vérification du masque…
disclosure-cells = Cellules non nulles, marges comprises : { $cells } ; sensibles : { $sensitive } ; masquées pour les protéger : { $secondary } ; publiées : { $published }
disclosure-kept = Conservé : { $cells } % de ces cellules, { $value } % de la somme de leurs valeurs
disclosure-narrowest = Intervalle le plus étroit d’une cellule sensible, pour qui est au-dehors : { $percent } % de sa valeur
disclosure-narrowest-none = Aucun intervalle de cellule sensible n’est borné vers le haut
disclosure-tried = { $attacker } ({ $who }) : essais : { $tried } ; cellules ouvertes : { $open }
disclosure-further = { $count ->
    [one] et { $count } autre cellule
   *[other] et { $count } autres cellules
} ; --format json les donne toutes
disclosure-attacker-a0 = du dehors, par le calcul
disclosure-attacker-a1 = sait aussi que les zéros sont publiés
disclosure-attacker-a2 = sait aussi quelles cellules sont sensibles
disclosure-attacker-a3 = est aussi seul contributeur de certaines cellules
disclosure-attacker-a4 = sait aussi que les effectifs sont entiers
disclosure-open = Le masque laisse des cellules ouvertes : en masquer davantage, par exemple avec « essaim disclosure protect »
disclosure-safe = Aucune cellule n’est ouverte
disclosure-checking = Vérification des diffusions de { $count } membres…
disclosure-release-verified = vérifiée
disclosure-release-failed = ÉCHEC
disclosure-release-open = non vérifiable
disclosure-release-pending = pas encore
disclosure-release-told = { $cell }, { $measure } : entre { $lower } et { $upper }
disclosure-release-guessed = { $count ->
    [one] { $count } mesure de cellules masquées se déduirait si tous les chiffres s’additionnaient dans le temps ; ce n’est pas une faute
   *[other] { $count } mesures de cellules masquées se déduiraient si tous les chiffres s’additionnaient dans le temps ; ce n’est pas une faute
}
disclosure-releases-verified = Rien de publié ne livre une cellule masquée
disclosure-releases-failed = Des cellules masquées se déduisent : demander aux membres nommés de retenir ce qui les livre
disclosure-releases-none = Il n’y a aucune diffusion

# release
release-passed = L’audit est réussi : avec { $hidden } cellules masquées sur { $cells }, aucune des { $sensitive } cellules sensibles ne peut être déduite de ce qui est publié maintenant ou l’a été avant ({ $proven } exigences prouvées).
release-passed-incident = L’audit est réussi pour tout ce que des publications antérieures ne livrent pas déjà : voir l’incident ci-dessous. Masquées : { $hidden } cellules sur { $cells }, dont { $sensitive } sensibles ({ $proven } exigences prouvées).
release-withheld = Retenu en entier : aucune des { $cells } cellules n’est publiée ({ $proven } exigences prouvées).
release-withheld-incident = Retenu en entier, mais des publications antérieures livrent des cellules : voir l’incident ci-dessus.
release-lowered = { $count ->
    [one] { $count } exigence demande
   *[other] { $count } exigences demandent
} moins que les règles : les zéros et les publications antérieures bornent ces valeurs vers le bas, quoi qu’on masque.
release-insiders = { $count ->
    [one] { $count } contributeur ou coalition de contributeurs a été essayé
   *[other] { $count } contributeurs seuls et coalitions de contributeurs ont été essayés
}, avec ce que chacun sait de sa propre part : aucun ne peut savoir ce que d’autres apportent.
release-insiders-incident = { $count ->
    [one] { $count } contributeur ou coalition de contributeurs a été essayé
   *[other] { $count } contributeurs seuls et coalitions de contributeurs ont été essayés
}, avec ce que chacun sait de sa propre part : sauf pour ce qui est nommé comme divulgué ou non démontré protégé, aucun ne peut savoir ce que d’autres apportent.
release-told = { $count ->
    [one] { $count } effectif masqué se devine
   *[other] { $count } effectifs masqués se devinent
} pour qui sait quelles cellules sont sensibles, parce que les zéros sont publiés : par exemple deux contributeurs d’une unité chacun. Ne dites jamais hors du pôle pourquoi une cellule est masquée.
release-incident = INCIDENT : { $count ->
    [one] un chiffre qui doit rester masqué se déduit, ou se resserre
   *[other] { $count } chiffres qui doivent rester masqués se déduisent, ou se resserrent
} plus que les règles ne le permettent, des seules publications antérieures, pour tous ou pour certains contributeurs. La présente publication n’y ajoute rien, et en masquer davantage n’y changerait rien :
release-incident-remedy = Que faire : personne ne peut reprendre une publication. Informez le coordinateur et la personne chargée de la protection des données au pôle, sans citer les chiffres dans un message ; décidez ensemble s’il faut prévenir les entreprises concernées. Les publications suivantes sont protégées en tenant compte de cela.
release-unproven = Protection non démontrée, ce qui ne veut pas dire que ces cellules sont livrées ; les publications suivantes doivent les respecter :
release-narrowest = Les intervalles sont au moins de cette largeur. A0, A1, A4, A5, A6 et A8 ont été essayés comme un seul qui sait tout cela à la fois. A7, un membre dans un total de la fédération, ne sait rien de plus : les totaux sont des sommes de cellules publiées.
release-attacker-a0 = ce qui est publié
release-attacker-a1 = aussi que les zéros sont publiés
release-attacker-a2 = aussi quelles cellules sont sensibles
release-attacker-a3 = aussi sa propre part, ou celle de sa coalition
release-attacker-a4 = aussi que les effectifs sont entiers
release-attacker-a5 = aussi les bornes du catalogue
release-attacker-a6 = aussi toutes les publications antérieures
release-attacker-a8 = aussi les effectifs avec les valeurs
release-hidden = Sur { $cells } cellules, { $not_zero } ne sont pas nulles. Masquées parce que sensibles : { $primary } ; masquées pour que celles-ci ne se déduisent pas : { $secondary }.
release-kept = Conservé : { $cells } % des cellules non nulles, { $counts } % de tout ce qui est compté (dans les cellules intérieures).
release-kept-value = Conservé de { $measure } : { $percent } % (dans les cellules intérieures).
release-changes-first = { $period } : il n’y a pas de publication antérieure à laquelle la comparer. Cellules sensibles : { $primary }.
release-changes = { $period } à côté de { $since } : { $compared } cellules sont dans les deux ; { $hidden } étaient publiées et sont masquées, { $published } étaient masquées et sont publiées. Cellules sensibles : { $before } alors, { $primary } maintenant.
release-changes-hidden = Masquées maintenant :
release-changes-published = Publiées maintenant :
release-further = et { $count } de plus
release-revised = { $period } : { $count ->
    [one] { $count } cellule diffère
   *[other] { $count } cellules diffèrent
} de ce que les publications antérieures en disent : des fiches sont arrivées tard ou ont été corrigées, un consentement a été donné ou retiré.
release-coarser = Sensibles : { $primary } sur { $cells } cellules non nulles ; dans les tableaux ci-dessous plus de { $percent } %. Avec un plan de tableaux plus grossier à partir de { $from }, et tout ce qui est proposé, ce seraient { $coarser_primary } sur { $coarser_cells }, sur les mêmes fiches :
release-coarser-unchanged = Sensibles : { $primary } sur { $cells } cellules non nulles ; dans les tableaux ci-dessous plus de { $percent } %. Aucune forme plus grossière de ces tableaux qui garde des cellules n’est meilleure :
release-coarser-no-table = Sensibles : { $primary } sur { $cells } cellules non nulles, plus de { $percent } %, mais dans aucun tableau pris seul : il n’y a rien de plus grossier à proposer.
release-coarser-remedy = La présente publication reste ce qu’elle est. Le plan est le même pour tous les membres et ne change que par une nouvelle version convenue entre eux : demandez au coordinateur un plan plus grossier à partir de { $from }. Ces chiffres restent au pôle et ne font pas partie de cette demande.
release-yes = oui
release-coarser-year = l’année seulement
release-coarser-dropped = l’année seulement : ce tableau disparaît, et la publication n’en a aucun de l’année à la place
release-coarser-now = tel quel
release-coarser-now-best = tel quel : aucune forme plus grossière n’est meilleure
release-coarser-total = le total seul
release-state-unspecified = inconnu
release-state-audited = vérifiée, à approuver
release-state-approved = approuvée, à publier
release-state-publishing = en cours de publication
release-state-published = publiée
release-state-withholding = à retenir, à approuver
release-state-withheld = retenue
release-mark-unspecified = inconnue
release-mark-published = publiée
release-mark-hidden-primary = masquée : sensible
release-mark-hidden-secondary = masquée : pour d’autres
release-figures-confidential = Confidentiel : ce sont les chiffres propres du pôle, masqués compris. Ils ne vont ni dans un message, ni sur une capture d’écran, ni sur une impression.
release-differences = Chiffres sensibles que des lecteurs pourraient former en additionnant et en soustrayant des cellules ; eux aussi restent indéductibles :
release-why-few-enterprises = trop peu d’entreprises
release-why-few-groups = trop peu de groupes
release-why-ratio = { $measure } : un contributeur pourrait estimer un autre (p %)
release-why-share = { $measure } : les plus grands en ont une part trop forte (n, k)
release-why-complement = complément d’un rapport
release-why-revision = écart avec des publications antérieures
release-why-same-of-all = dit la même chose de tout un petit groupe
release-why-earlier-rules = sensible selon les règles d’alors
release-why-not-kept = sensible ; les contributeurs n’ont pas été conservés
release-why-others = pour que d’autres ne se déduisent pas
release-why-group = nulle ; toutes les cellules de ce genre sont masquées
release-why-withheld = retenue avec la publication
release-why-unspecified = une raison que ce programme ne connaît pas

# Headings, labels of fields, and what the numbers of an audit mean
column-table = tableau
column-by = par
column-period = période
column-cells = cellules
column-hidden = masquées
column-kept-inner = conservé (cellules intérieures)
column-attacker = attaquant
column-knows = sait
column-tried = essais
column-figures = chiffres
column-narrowest-count = effectif le plus étroit
column-narrowest-value = valeur la plus étroite
column-narrowest-share = part la plus étroite
column-instead = à la place
column-sensitive = sensibles
column-share = part
column-proposed = proposé
column-population = population
column-cell = cellule
column-mark = marque
column-enterprises = entreprises
column-contributors = contributeurs
column-why = pourquoi
column-difference = différence
column-field = champ
column-value = valeur
column-meaning = ce que cela veut dire
column-node = nœud
column-member = membre
column-release = publication
column-verdict = verdict
column-guessed = suppositions
column-reason = raison
field-name = nom
field-period = période
field-state = état
field-drafted-by = préparée par
field-approved-by = approuvée par
field-published-by = publiée par
field-entry = entrée du journal
field-skipped-periods = périodes sautées
field-reason = raison
field-cause = cause
field-attackers = attaquants
field-cells = cellules
field-hidden-cells = cellules masquées
field-sensitive-cells = cellules sensibles
field-demands-proven = exigences prouvées
field-demands-lowered = exigences abaissées
field-counter-examples = contre-exemples
field-relations = relations
field-relations-broken = relations rompues
field-insiders = initiés
field-told-by-status = devinées par le statut
meaning-attackers = contre qui la publication a été essayée ; voir le tableau suivant
meaning-cells = de tous les tableaux, marges comprises, chacune une fois
meaning-hidden-cells = de ces cellules, pour quelque raison que ce soit
meaning-sensitive-cells = de ces cellules, que les règles interdisent de laisser déduire
meaning-demands-proven = incertitudes que les règles exigent et qui sont prouvées : une par effectif sensible, jusqu’à deux par valeur, publications antérieures comprises
meaning-demands-lowered = parmi elles, celles qui exigent moins que les règles, parce que des zéros et des publications antérieures bornent le chiffre quoi qu’on masque
meaning-counter-examples = jeux d’autres chiffres qui s’accordent avec tout ce qui est publié : les preuves des exigences
meaning-relations = sommes et bornes avec lesquelles un attaquant peut calculer ; dit seulement la taille de l’audit
meaning-relations-broken = sommes dans le temps qui ne tombent pas juste, parce que des fiches sont arrivées tard ou ont été corrigées, ou un consentement retiré ; rien d’alarmant
meaning-insiders = contributeurs seuls et coalitions essayés avec ce que chacun sait de sa propre part
meaning-told-by-status = effectifs masqués que devine qui sait quelles cellules sont sensibles : ne dites jamais pourquoi une cellule est masquée
